# Lists the recipes.
default:
    @just --list

# Everything that is checked before a change goes in; the same list on every machine.
check:
    .ci/run

# The tests alone.
test:
    cargo test --workspace

# Writes the files that are made from the code.
gen:
    cargo run -p xtask -- gen

# The main job on the bundled sample.
run-sample:
    cargo run --release -p lagar-cli -- run examples/seed-recipe.yaml

# lagar beside Data-Juicer: `just bench --rows 200000 --peer-runs 1`.
bench *arguments:
    python3 bench/run.py {{arguments}}

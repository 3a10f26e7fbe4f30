"""Turns measured runs into a table for people and a JSON file for programs."""

import json
import platform
import statistics
from pathlib import Path

MEGABYTE = 1_000_000
NAMES = {"lagar": "lagar", "peer": "Data-Juicer"}


def cpu_secs(run: dict) -> float:
    return run["user_secs"] + run["system_secs"]


MEASURES = [
    ("CPU, user + system (s)", cpu_secs),
    ("wall clock (s)", lambda run: run["wall_secs"]),
    ("peak memory of all processes, RSS (MB)", lambda run: run["peak_rss_bytes"] / MEGABYTE),
    ("peak memory of all processes, PSS (MB)", lambda run: run["peak_pss_bytes"] / MEGABYTE),
    ("largest process, ru_maxrss (MB)", lambda run: run["max_rss_bytes"] / MEGABYTE),
]


def machine() -> dict:
    """What the numbers were measured on."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(models),
        "memory_mb": int(memory) // 1000,
        "kernel": platform.release(),
    }


def summary(runs: list[dict]) -> dict:
    """Median, minimum and maximum of every measure for each tool."""
    tools = {}
    for tool in NAMES:
        own = [run for run in runs if run["tool"] == tool]
        if own:
            tools[tool] = {"runs": len(own)}
            for label, value in MEASURES:
                values = [value(run) for run in own]
                tools[tool][label] = {
                    "median": statistics.median(values),
                    "min": min(values),
                    "max": max(values),
                }
    return tools


def number(value: float) -> str:
    """Three significant digits, and whole numbers above a hundred."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cell(spread: dict) -> str:
    return f"**{number(spread['median'])}** ({number(spread['min'])}–{number(spread['max'])})"


def table(tools: dict, rows: int) -> list[str]:
    """The lines of the Markdown table; the ratio is peer by lagar, of the medians."""
    both = len(tools) == 2
    heads = [f"{NAMES[tool]}, {tools[tool]['runs']} run(s)" for tool in tools]
    heads += ["ratio"] if both else []
    lines = [f"| median (min–max) | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for label, _ in MEASURES:
        cells = [cell(tools[tool][label]) for tool in tools]
        if both:
            lagar, peer = (tools[tool][label]["median"] for tool in ("lagar", "peer"))
            cells.append(f"{number(peer / lagar)} ×" if lagar else "–")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    rates = [rows / tools[tool][MEASURES[0][0]]["median"] for tool in tools]
    cells = [number(rate) for rate in rates] + ([f"{number(rates[0] / rates[1])} ×"] if both else [])
    lines.append(f"| rows per CPU second | {' | '.join(cells)} |")
    return lines


def markdown(result: dict) -> str:
    """The whole page."""
    host, options = result["machine"], result["options"]
    lines = [
        f"# {options['rows']:,} rows, {options['pictures']:,} pictures: five filters, np {options['np']}",
        "",
        f"{result['date']}, {host['cpu']}, {host['cores']} cores, {host['memory_mb']:,} MB, Linux {host['kernel']}.",
        "",
        *table(result["summary"], options["rows"]),
        "",
        result["verdict"],
        "",
    ]
    lines += [f"* {note}" for note in result["notes"]]
    lines += ["", "Versions: " + ", ".join(f"{name} {version}" for name, version in result["versions"].items()) + "."]
    lines += ["", "Recipe:", "", "```yaml", result["recipe"].rstrip(), "```", ""]
    return "\n".join(lines)


def write(folder: Path, name: str, result: dict) -> Path:
    """Writes NAME.json and NAME.md and returns the path of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    page = folder / f"{name}.md"
    page.write_text(markdown(result))
    return page

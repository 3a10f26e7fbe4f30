"""Runs Data-Juicer's unit tests of the operators that lagar has against lagar; prints a table.

    LAGAR=target/debug/lagar python bench/parity/dj_tests.py TESTS [--json OUT] [NAME …]

TESTS is the folder `tests` of a checkout of Data-Juicer (its release has none). Needs Data-Juicer
1.6.1 and pytest. Operators that need a model file are left out: the tests would download it.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent


def operators():
    lagar = os.environ["LAGAR"]
    text = subprocess.run([lagar, "ops", "list", "--json"], capture_output=True, text=True, check=True).stdout
    return {one["name"]: one["kind"] for one in json.loads(text) if one["cost"] != "model"}


def run(tests, paths):
    """All cases of the test files, by the name of their file."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        environment = dict(os.environ, PYTHONPATH=f"{HERE}{os.pathsep}{tests.parent}", OMP_NUM_THREADS="1")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "lagar_ops", "-p", "no:cacheprovider"]
        command += ["-o", "junit_family=xunit1", f"--junitxml={report}", *map(str, paths)]
        done = subprocess.run(command, cwd=tests.parent, env=environment, capture_output=True, text=True)
        if not report.exists():
            sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
        results = {}
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            bad = case.find("failure")
            bad = case.find("error") if bad is None else bad
            skipped = case.find("skipped") is not None
            outcome = "failed" if bad is not None else "skipped" if skipped else "passed"
            message = (bad.get("message") or bad.text or "") if bad is not None else ""
            stem = pathlib.Path(case.get("file") or case.get("classname").split(".")[-2]).stem
            one = {"test": case.get("name"), "outcome": outcome, "message": message[:600]}
            results.setdefault(stem.removeprefix("test_"), []).append(one)
        return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tests", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    tests = arguments.tests.resolve()
    paths = {}
    for name, kind in sorted(operators().items(), key=lambda one: (one[1], one[0])):
        path = tests / "ops" / kind / f"test_{name}.py"
        if path.exists() and (not arguments.names or name in arguments.names):
            paths[name] = path
    results = run(tests, paths.values())
    for name in paths:
        cases = results.get(name, [])
        counts = {kind: sum(case["outcome"] == kind for case in cases) for kind in ("passed", "failed", "skipped")}
        print(f"{name:48} {counts['passed']:3} passed {counts['failed']:3} failed {counts['skipped']:3} skipped")
        for case in cases:
            if case["outcome"] == "failed":
                print(f"    {case['test']}: {' '.join(case['message'].split())[:240]}")
    total = [case["outcome"] for cases in results.values() for case in cases]
    print(f"{total.count('passed')} passed, {total.count('failed')} failed, {total.count('skipped')} skipped")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


main()

"""CPU seconds of scoring 5,000 TextVQA answers: lagar beside LLaVA's evaluator.

    python bench/eval_score.py target/release/lagar M4C_EVALUATOR.py

M4C_EVALUATOR.py is `llava/eval/m4c_evaluator.py` of LLaVA (PyPI: llava-torch). The questions are made
up (seeded); the accuracies of both must agree. Times are user + system, the best of three.
"""

import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

N = 5000
WORDS = "nike adidas coca cola stop 3 three 1,000 isn't the red dog's street t-shirt yes no. 2.5".split()


def make(folder, rng):
    data, answers = [], []
    for index in range(N):
        references = [" ".join(rng.choices(WORDS, k=rng.randint(1, 3))) for _ in range(4)]
        tens = rng.choices(references, k=10)
        question = f"what is written on number {index}?"
        data.append({"question_id": index, "image_id": f"{index:016x}", "question": question, "answers": tens})
        prompt = f"{question}\nAnswer the question using a single word or phrase."
        answers.append({"question_id": f"{index:016x}", "prompt": prompt, "text": rng.choice(references)})
    with open(os.path.join(folder, "val.json"), "w") as file:
        json.dump({"data": data}, file)
    with open(os.path.join(folder, "answers.jsonl"), "w") as file:
        file.writelines(json.dumps(answer) + "\n" for answer in answers)


def lagar(program, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(
        [program, "eval", "score", "textvqa", "--data", os.path.join(folder, "val.json"),
         "--predictions", os.path.join(folder, "answers.jsonl"), "--json"],
        check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    value = next(m["value"] for m in json.loads(out.stdout)["metrics"] if m["name"] == "textvqa_llava")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, value


def llava(module, folder):
    before = resource.getrusage(resource.RUSAGE_SELF)
    data = json.load(open(os.path.join(folder, "val.json")))["data"]
    answers = [json.loads(line) for line in open(os.path.join(folder, "answers.jsonl"))]
    pairs = [{"pred_answer": a["text"], "gt_answers": d["answers"]} for a, d in zip(answers, data)]
    value = module.TextVQAAccuracyEvaluator().eval_pred_list(pairs)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, value


def main():
    program, evaluator = sys.argv[1:3]
    spec = importlib.util.spec_from_file_location("m4c_evaluator", evaluator)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        make(folder, random.Random(1))
        ours = [lagar(program, folder) for _ in range(3)]
        theirs = [llava(module, folder) for _ in range(3)]
    assert abs(ours[0][1] - theirs[0][1]) < 1e-9, (ours[0][1], theirs[0][1])
    print(f"lagar  {min(ours)[0]:.3f} CPU s (four scorings, whole process)")
    print(f"LLaVA  {min(theirs)[0]:.3f} CPU s (one scoring, without start)")


main()

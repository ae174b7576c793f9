"""What stands beside an author and is none: outlets, posts, places, photographers.

Jane Roe, Harbour News    Jane Roe, Professor of Law, Port University    Photos by John Doe
"""

from __future__ import annotations

import regex

_OUTLET = regex.compile(
    r"(?:(?:The |El |La |Le |Il |Die |Der |Das )?(?:[\p{Lu}\p{N}&][\p{L}\p{N}.'’&-]* )+"
    r"(?:News|Newspapers?|Newsroom|Times|Tribune|Gazette|Journal|Chronicle|Observer|Telegraph|Inquirer"
    r"|Bulletin|Examiner|Radio|TV|Television|Media|Magazine|Weekly|Online|Network|Broadcasting"
    r"|Newswires?|Zeitung|Anzeiger|Nachrichten|Tageblatt|Kurier|Rundschau|Noticias|Actualités"
    r"|Notizie|Nieuws|Nyheter|(?:Post|Star|Press|Herald|Sun|Mail|Mirror)-\p{Lu}\p{L}+)"
    r"|(?:The )(?:[\p{Lu}][\p{L}.'’&-]* ){1,3}(?:Post|Star|Press|Herald|Sun|Mail|Mirror)"
    r"|(?:\p{Lu}[\p{L}.'’&-]* ){2,4}(?:Post|Star|Press|Herald|Mail|Mirror)"
    r"|\p{Lu}\p{Ll}+(?:blatt|zeitung|anzeiger|kurier|rundschau|bote|nachrichten|courant|bladet|posten)"
    r"|(?:El|La|Le|Il|Die|Der|Das|DER|DIE|DAS|The) \p{Lu}\p{L}+"
    r"|(?:[\p{Lu}\p{N}][\p{L}\p{N}.'’&-]* ){1,3}(?:Staff|Team|Desk|Redaktion)"
    r"|[\p{Han}\p{Hangul}]{1,8}(?:新聞|新闻|日報|日报|時報|时报|通信社|放送|일보|신문|뉴스|방송)"
    r"|(?![IVX]+$)(?!MD$|RN$|JD$|MBA$)\p{Lu}{2,6}"
    r"|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,10}"
    r")(?: (?:Staff|Desk|Team|staff|desk|team))?"
)
_POST = regex.compile(  # what is a surname too is a post only with what it is of: "Head of Data"
    r"(?:[\w’'-]+ ){0,4}(?:professor|lecturer|researcher|scientist|analyst|director|founder"
    r"|producer|presenter|photographer|economist|strategist|candidate|officer|manager|ceo|historian)s?"
    r"(?:,? (?:of|at|in|for|to|and|emeritus|emerita)\b.*)?"
    r"|(?:[\w’'-]+ ){0,3}(?:head|chair|fellow|president|minister|secretary|chief|author) "
    r"(?:of|at|in|for|to)\b.*",
    regex.IGNORECASE,
)
_SCHOOL = regex.compile(
    r"(?:The )?(?:\p{Lu}[\p{L}.'’-]* (?:of )?){0,4}(?:University|College|Institute|School"
    r"|Universität|Université|Universidad)(?: (?:of|for|at)\b.*)?"
)
_PREPOSITION = regex.compile(
    r"(?:in|from|at|for|of) (?:the )?\p{Lu}.*|Of (?:the|The) \p{Lu}.*|(?:FOR|OF) THE .*"
)
_PICTURES = regex.compile(
    r"(?:photos?|photographs|photography|pictures?|fotos?|bilder|video|graphics?|illustrations?)"
    r"(?:(?: and (?:video|photos?))? by\s|\s*[:：]).*",
    regex.IGNORECASE,
)


def is_outlet(words: str) -> bool:
    """Whether words have the form of a paper's, a station's or a site's name, beside a person's."""
    return _OUTLET.fullmatch(words) is not None


def is_beside(words: str) -> bool:
    """Whether words after a person's name say where that person works, as what, or where from."""
    return is_outlet(words) or any(form.fullmatch(words) for form in (_POST, _SCHOOL, _PREPOSITION))


def is_about_pictures(words: str) -> bool:
    """Whether words name who took the pictures: "Photos by John Doe", "Fotos: Jan Doe"."""
    return _PICTURES.fullmatch(words) is not None

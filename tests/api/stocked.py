"""A publisher's feed with everything that a format has to say of a story."""

from __future__ import annotations

from tests.api.conftest import Api
from tests.api.publisher import Publisher

FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour News</title>
<id>urn:x:harbour</id><updated>2026-11-20T00:00:00Z</updated>
<entry><id>urn:x:1</id><title>Ferry &amp; bridge: a &lt;long&gt; wait ends</title>
<link href="https://harbour.example/ferry?a=1&amp;b=2"/>
<link rel="enclosure" href="https://harbour.example/ferry.mp3" type="audio/mpeg" length="2048"/>
<link rel="enclosure" href="https://harbour.example/ferry.jpg" type="image/jpeg"/>
<author><name>Ada Quay</name></author><author><name>Bo Pier</name></author>
<published>2026-11-03T06:00:00Z</published><updated>2026-11-04T07:00:00Z</updated>
<category term="World News"/><category term="Transport"/>
<summary>The ferry is back.</summary>
<content type="html">&lt;p&gt;TOKYO (Kyodo) - The ferry crossed
&amp;amp; came back.&lt;/p&gt;&lt;p&gt;Minister Jane Roe and the OECD waited
with umbrellas in Oslo.&lt;/p&gt;</content></entry>
<entry><id>urn:x:2</id><title>=1+1 is no formula, says "the port"</title>
<link href="https://harbour.example/sum"/><published>2026-11-05T06:00:00Z</published>
<content type="text">Nothing more, nothing less.</content></entry>
<entry xml:lang="ja"><id>urn:x:3</id><title>東京港で新しい岸壁が完成</title>
<link href="https://harbour.example/quay"/><published>2026-11-09T06:00:00Z</published>
<content type="text">東京港の新しい岸壁が完成し、船が着いた。</content></entry>
</feed>"""
FERRY = "Ferry & bridge: a <long> wait ends"
SUM = '=1+1 is no formula, says "the port"'
QUAY = "東京港で新しい岸壁が完成"
TITLES = [QUAY, SUM, FERRY]


async def stock(api: Api, harbour: Publisher) -> Api:
    """Three stories; newest first they are TITLES."""
    harbour.pages["/feed"] = FEED
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    return api

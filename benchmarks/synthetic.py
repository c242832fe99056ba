"""A catalogue of made-up images, written straight in SQL: for measuring, not for looking at.

The shares are those of a mixed client collection: mostly JPEGs, a few big batches and many small ones, a third of
the titles missing, keywords by Zipf's law, pictures taken in bursts over twelve years.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).resolve().parents[1] / "sql" / "schema"

FILL = (
    """
    create temp table words as
    select i as n, concat_ws(
        '',
        list_extract(['ba', 'co', 'di', 'fu', 'ge', 'ha', 'jo', 'ka', 'lu', 'me'], 1 + i % 10),
        list_extract(['ra', 'ne', 'li', 'so', 'tu', 'ma', 'pe', 'vi', 'zo', 'ku'], 1 + i // 10 % 10),
        list_extract(['nd', 'st', 'rt', 'll', 'ss', 'mb', 'ck', 'ng', 'pp', 'tz'], 1 + i // 100 % 10),
        list_extract(['a', 'er', 'en', 'o', 'i', 'um', 'el', 'is', 'or', 'é'], 1 + i // 1000 % 10),
        case when i >= 10000 then list_extract(['-x', '-in', ' set', '-neu', ' 2'], i // 10000) else '' end) as word
    from range(50000) r(i)
    """,
    # Every random figure is drawn here, once: drawn in a view or twice in a query it would differ each time.
    """
    create temp table drawn as
    select
        i, left(sha256('image ' || i), 20) as image_id,
        random() as r1, random() as r2, random() as r3, random() as r4, random() as r5, random() as r6,
        random() as r7, random() as r8, floor(40 * power(random(), 2))::int as batch_no,
        5 + floor(random() * 4)::int as keyword_count
    from range($images) r(i)
    """,
    """
    insert into keywords by name
    select distinct word as keyword, fold(word) as folded, image_id
    from (
        select image_id, least(49999, floor(exp(random() * ln(50000))))::int as n
        from drawn, range(8) k(k) where k < keyword_count
    ) join words using (n)
    order by folded, image_id
    """,
    """
    insert into image_facts by name
    select
        image_id, 'file:///collection/' || batch || '/' || shelf || '/' || name as uri, source, batch,
        batch || '/' || shelf || '/' || name as path, batch || '/' || shelf as folder, name,
        (40000 * exp(5 * r4))::bigint as size,
        timestamp '2026-01-01' as modified_at,
        timestamp '2026-01-01' + to_days(batch_no::int) as received_at,
        sha256('bytes ' || i) as checksum, 'jpeg:' || sha256('picture ' || i) as picture_hash,
        format, 'image/' || lower(format) as mime,
        (600 + floor(5400 * r5))::int as width, (400 + floor(3600 * r5))::int as height,
        'RGB' as mode, 8 as bit_depth, 1 as frames, r1 < 0.5 as has_icc,
        case when r2 < 0.9 then 1 else 6 end as orientation,
        hash(i)::ubigint as phash, hash(i + 1)::ubigint as dhash,
        r3 * 1000 as sharpness, r4 as brightness, r5 as contrast, r6 / 10 as clipped_dark, r7 / 10 as clipped_bright,
        r8 < 0.01 as flat,
        case when r6 < 0.88 then timestamp '2013-01-01' + to_seconds((378000000 * sqrt(r7))::bigint) end as captured_at,
        case when r6 < 0.3 then 60 end as captured_offset,
        case when r6 < 0.85
        then list_extract(['Canon', 'NIKON CORPORATION', 'SONY', 'Apple', 'FUJIFILM'], camera % 5 + 1)
        end as camera_make,
        case when r6 < 0.85 then list_extract(['EOS R5 ', 'D8', 'ILCE-7M', 'iPhone 1', 'X-T'], camera % 5 + 1) || camera
        end as camera_model,
        case when r8 < 0.25 then -55 + 120 * r2 end as latitude,
        case when r8 < 0.25 then -180 + 360 * r3 end as longitude,
        case when r2 >= 0.30 then 'Product ' || i end as title,
        case when r3 >= 0.45 then 'A product on a plain ground, item ' || i end as description,
        case when r4 >= 0.40 then 'Studio ' || (i % 25) end as creator,
        case when r5 >= 0.35 then '© Client ' || (i % 9) end as copyright,
        case when r1 < 0.2 then 1 + (i % 5)::int end as rating, coalesce(keyword_total, 0) as keyword_count
    from (
        select
            *, 'batch-' || lpad(batch_no::varchar, 2, '0') as batch,
            'shelf-' || lpad((i // 200 % 50)::varchar, 2, '0') as shelf,
            'source-' || batch_no % 4 as source,
            case when r1 < .78 then 'JPEG' when r1 < .90 then 'PNG' when r1 < .95 then 'TIFF' when r1 < .97 then 'WEBP'
                 when r1 < .985 then 'HEIC' when r1 < .995 then 'GIF' else 'BMP' end as format,
            'IMG_' || lpad(i::varchar, 7, '0') || '.' || lower(format) as name,
            floor(60 * power(r8, 2))::int as camera
        from drawn
        left join (select image_id, count(*) as keyword_total from keywords group by image_id) using (image_id)
    )
    """,
    """
    insert into search_texts by name
    with texts as (
        select k.image_id, string_agg(k.keyword, ' ') as words from keywords k group by all
    )
    select f.image_id, fold(concat_ws(
        chr(10), f.name, f.title, f.description, f.creator, f.copyright, f.camera_model, t.words,
        'Shot in the studio for the catalogue, retouched')) as folded
    from image_facts f left join texts t using (image_id)
    """,
    """
    insert into file_problems by name
    select
        image_id, uri, source, batch, path, size, 'metadata' as stage,
        list_extract(['bad_date', 'bad_gps', 'unparseable_xmp', 'value_too_long'], 1 + (hash(image_id) % 4)::int)
        as kind,
        'Something is wrong.' as message
    from image_facts where hash(image_id) % 100 = 0
    """,
)


def migrate(con: Any) -> None:
    """Create the catalogue's tables and views on an empty DuckDB connection."""
    for path in sorted(SCHEMA.glob("*.sql")):
        con.execute(path.read_text(encoding="utf-8"))


def fill(con: Any, images: int, *, seed: float = 0.4) -> None:
    """Write ``images`` made-up images into a migrated, empty catalogue.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection that may write.
    images : int
        How many.
    seed : float
        Between 0 and 1; DuckDB draws the same figures for the same seed on one thread only.
    """
    con.execute("select setseed($1)", [seed])
    for statement in FILL:
        con.execute(statement, {"images": images} if "$images" in statement else None)
    con.execute("drop table words")
    con.execute("drop table drawn")


FILL_METADATA = (
    # What the files say, reconciled: the facts of the images again, and fields that only people use.
    """
    insert into file_values by name
    with places as (
        select * from (values (0, 'Freiburg', 'Germany', 'DE'), (1, 'Lyon', 'France', 'FR'),
                              (2, 'Turin', 'Italy', 'IT'), (3, 'Porto', 'Portugal', 'PT')) p(n, city, country, code)
    ),
    told as (
        select f.*, p.*, hash(f.image_id, 1) % 100 as die from image_facts f
        join places p on p.n = (hash(f.batch) % 4)::int
    ),
    said as (
        select image_id, 'Xmp.dc.title' as field, 'x-default' as lang, title as value from told
        union all select image_id, 'Xmp.dc.title', 'de', 'Das ist ein Bild und gehört zu ' || title
        from told where die < 10
        union all select image_id, 'Xmp.dc.description', 'x-default', description from told
        union all select image_id, 'Xmp.dc.creator', null, creator from told
        union all select image_id, 'Xmp.dc.rights', 'x-default', copyright from told
        union all select image_id, 'Xmp.photoshop.DateCreated', null, strftime(captured_at, '%Y-%m-%dT%H:%M:%S')
        from told
        union all select image_id, 'Xmp.tiff.Make', null, camera_make from told
        union all select image_id, 'Xmp.tiff.Model', null, camera_model from told
        union all select image_id, 'Xmp.xmp.Rating', null, rating::varchar from told
        union all select image_id, 'Xmp.xmp.CreatorTool', null, 'Capture Desk ' || die % 5 from told where die < 60
        union all select image_id, 'Xmp.exif.GPSLatitude', null, xmp_degrees(latitude, 'N', 'S') from told
        union all select image_id, 'Xmp.exif.GPSLongitude', null, xmp_degrees(longitude, 'E', 'W') from told
        union all select image_id, 'Xmp.photoshop.City', null, city from told where die < 40
        union all select image_id, 'Xmp.photoshop.Country', null, country from told where die < 45
        union all select image_id, 'Xmp.iptc.CountryCode', null, code from told where die < 30
        union all select image_id, 'Xmp.xmpRights.UsageTerms', 'x-default', 'Editorial use only'
        from told where die < 50
        union all select image_id, 'Xmp.iptc.AltTextAccessibility', 'x-default', 'A picture of ' || title
        from told where die < 25
    )
    select image_id, field, lang, 0 as ordinal, value, 'xmp' as origin from said where value is not null
    union all
    select image_id, 'Xmp.dc.subject', null, row_number() over (partition by image_id) - 1, keyword, 'xmp' from keywords
    order by image_id
    """,
    """
    insert into value_conflicts by name
    select image_id, 'Xmp.dc.title' as field, 'x-default' as lang, 'Older' as iptc, title as xmp,
           'xmp' as origin, 'absent' as digest
    from image_facts where title is not null and hash(image_id, 2) % 50 = 0
    """,
    """
    update image_facts
    set iptc_digest = case hash(image_id, 3) % 20 when 0 then 'stale' when 1 then 'current' else 'absent' end
    """,
    "insert into stale_metadata select image_id from image_facts",
)


def fill_metadata(con: Any) -> None:
    """Let a filled catalogue's files say what their facts say, for measuring what works on metadata."""
    for statement in FILL_METADATA:
        con.execute(statement)


if __name__ == "__main__":
    import duckdb

    with duckdb.connect(sys.argv[1]) as catalogue:
        migrate(catalogue)
        fill(catalogue, int(sys.argv[2]))

-- Reconciling what carries metadata: EXIF, IPTC-IIM, XMP and sidecar files, by the rules of the Metadata Working Group
-- (Guidelines for Handling Image Metadata 2.0, chapters 3 and 5).
-- `touched` (images), `raw_embedded` (their embedded rows) and `field_carriers` are lent for one statement.

-- name: find_carried(boilerplate, machine_groups)
-- First step: every value that any carrier of a field has, with the rank of its carrier: the least counts.
create or replace temp table carried as
with
beside as (
    select t.image_id, s.sidecar_id, s.beside, true as whole from touched t join sidecar_values s on s.beside = t.uri
    union
    select t.image_id, s.sidecar_id, s.beside, false
    from touched t join sidecar_values s on s.beside = uri_stem(t.uri)
    where is_raw(t.format) or not exists (
        select 1 from image_facts r where is_raw(r.format) and uri_stem(r.uri) = s.beside)
),
chosen as (
    select image_id, sidecar_id from beside qualify row_number() over (partition by image_id order by whole desc, sidecar_id) = 1
),
packets as (
    select image_id, 'xmp' as carrier, key, lang, ordinal, value from raw_embedded where starts_with(key, 'Xmp.')
    union all
    select c.image_id, 'sidecar', s.key, s.lang, s.ordinal, s.value from chosen c join sidecar_values s using (sidecar_id)
),
xmp_fields as (
    select
        image_id, regexp_extract(key, '^[^/\[]+') as root, key as field, carrier, lang, ordinal, value,
        case carrier when 'sidecar' then 0 else 3 end as rank
    from packets
    where split_part(key, '.', 2) not in (select unnest($machine_groups::varchar[]))
       or regexp_extract(key, '^[^/\[]+') in (select field from field_carriers)
),
legacy as (
    select
        r.image_id, c.field as root, c.field, c.carrier, null::varchar as lang, r.ordinal,
        case
            when c.shape = 'date' then legacy_date(
                r.value, coalesce(p.value, ''), coalesce(q.value, ''), c.carrier)
            when c.key = 'Exif.GPSInfo.GPSLatitude' and t.latitude is not null then xmp_degrees(t.latitude, 'N', 'S')
            when c.key = 'Exif.GPSInfo.GPSLongitude' and t.longitude is not null then xmp_degrees(t.longitude, 'E', 'W')
            else r.value
        end as value,
        case
            when c.place > 0 then 6 + c.place
            when c.carrier = 'exif' and regexp_full_match(left(r.value, 200), $boilerplate, 'i') then 20
            when c.carrier = 'exif' then 1
            when t.iptc_digest = 'stale' then 2
            else 4
        end as rank,
        c.shape, c.carrier = 'exif' and c.shape = 'list' as joined
    from raw_embedded r
    join field_carriers c on c.key = r.key and c.key <> c.field
    join touched t on t.image_id = r.image_id
    left join raw_embedded p on p.image_id = r.image_id and p.key = c.part and p.ordinal = 0
    left join raw_embedded q on q.image_id = r.image_id and q.key = c.zone and q.ordinal = 0
),
parted as (
    select image_id, root, field, carrier, lang, ordinal, value, rank from legacy where not joined
    union all
    select image_id, root, field, carrier, lang, (generate_subscripts(parts, 1) - 1)::int, unnest(parts), rank
    from (select *, string_split(value, ';') as parts from legacy where joined)
),
together as (
    select image_id, root, field, carrier, lang, ordinal, value, rank from xmp_fields
    union all
    select image_id, root, field, carrier, lang, ordinal, value, rank from parted
)
select
    g.image_id, g.root, g.field, g.carrier, g.ordinal, trim(g.value) as value, g.rank,
    coalesce(c.shape, 'text') as shape, c.cut,
    case when c.shape = 'langalt' then coalesce(g.lang, 'x-default') else g.lang end as lang,
    case when c.shape = 'langalt' then coalesce(g.lang, 'x-default') else '' end as unit
from together g
left join field_carriers c on c.field = g.root and c.key = g.root
where trim(g.value) <> '' and g.image_id in (select image_id from touched)

-- name: forget_file_values()
-- Second step: make room for what these files say now.
delete from file_values where image_id in (select image_id from outdated)

-- name: forget_conflicts()
-- The same for their conflicts.
delete from value_conflicts where image_id in (select image_id from outdated)

-- name: add_file_values()
-- Third step: for each field and language, the values of the carrier that counts.
insert into file_values (image_id, field, lang, ordinal, value, origin)
select image_id, field, lang, ordinal, value, carrier
from (
    select *, min(rank) over (partition by image_id, root, unit) as best from carried
)
where rank = best

-- name: add_conflicts()
-- Fourth step: where carriers say different things. A text that IPTC-IIM's byte limit has cut, and a date that is only
-- less exact, say the same.
insert into value_conflicts (image_id, field, lang, exif, iptc, xmp, sidecar, origin, digest)
with several as (
    select *, min(rank) over (partition by image_id, root, unit) as best,
           min(carrier) over (partition by image_id, root, unit) as one,
           max(carrier) over (partition by image_id, root, unit) as other
    from carried where rank < 6
),
contents as (
    select
        image_id, root, unit, carrier, any_value(shape) as shape, min(rank) = any_value(best) as counts,
        max(cut) as cut, string_agg(value, '; ' order by field, ordinal) as shown,
        case when any_value(shape) = 'list'
             then string_agg(left(same_text(value), coalesce(cut, 100000)), '|' order by left(same_text(value), coalesce(cut, 100000)))
             else string_agg(comparable(value, shape), '|' order by field, ordinal) end as said
    from several where one <> other
    group by image_id, root, unit, carrier
),
pairs as (
    select c.image_id, c.root, c.unit, c.carrier as origin
    from contents c join contents o using (image_id, root, unit)
    where c.counts and not o.counts and not agree(c.said, o.said, c.shape)
      and not (o.carrier = 'iptc' and is_cut(o.said, c.said, o.cut))
      and not (c.carrier = 'iptc' and is_cut(c.said, o.said, c.cut))
      and not (c.unit = 'x-default' and (c.image_id, c.root, o.said) in (
          select (image_id, root, comparable(value, 'langalt')) from carried where unit not in ('', 'x-default')))
    group by all
)
select
    p.image_id, p.root, nullif(p.unit, ''),
    max(c.shown) filter (where c.carrier = 'exif'), max(c.shown) filter (where c.carrier = 'iptc'),
    max(c.shown) filter (where c.carrier = 'xmp'), max(c.shown) filter (where c.carrier = 'sidecar'),
    any_value(p.origin), coalesce(any_value(t.iptc_digest), 'absent')
from pairs p join contents c using (image_id, root, unit) join touched t using (image_id)
group by p.image_id, p.root, p.unit

-- name: mark_stale()
-- Last step: their rows for auditing are made again before the next audit.
insert into stale_metadata select image_id from touched

-- name: images_to_reconcile(image_ids)
-- What reconciling needs to know of these images.
select image_id, uri, format, iptc_digest, latitude, longitude
from image_facts where image_id in (select unnest($image_ids::varchar[]))

-- name: embedded_to_reconcile(image_ids)
-- What is embedded in these images.
select image_id, key, lang, ordinal, value from embedded where image_id in (select unnest($image_ids::varchar[]))

-- name: images_beside()
-- The images beside which the outdated files lie, of those that are sidecar files.
with given as (select distinct beside from sidecar_values where sidecar_id in (select image_id from outdated))
select image_id from image_facts where uri in (select beside from given)
union
select image_id from image_facts where uri_stem(uri) in (select beside from given) and (select count(*) from given) > 0

-- name: metadata_of(image_ids)
-- What the metadata of a few images says, with what people entered on top: quick for a form.
select v.image_id, v.field, v.lang, v.ordinal, v.value, v.origin, null::varchar as actor, null::timestamp as "at"
from file_values v
where v.image_id in (select unnest($image_ids::varchar[])) and (v.image_id, v.field) not in (
    select (image_id, field) from entered_values where image_id in (select unnest($image_ids::varchar[])))
union all
select image_id, field, lang, ordinal, value, origin, actor, "at" from entered_values
where value is not null and image_id in (select unnest($image_ids::varchar[]))
order by image_id, field, lang nulls first, ordinal

-- name: file_metadata_of(image_ids)
-- What the files of a few images say, whatever was entered since.
select image_id, field, lang, ordinal, value, origin from file_values
where image_id in (select unnest($image_ids::varchar[]))
order by image_id, field, lang nulls first, ordinal

-- name: drop_carried()
-- And away with the workings.
drop table carried

-- What the metadata says: one value for each field and language, from whatever carries it, and where carriers disagree.

-- A URI without the ending of the file's name.
create macro uri_stem(uri) as regexp_replace(uri, '\.[^./]*$', '');

-- Cameras' own files: a sidecar `name.xmp` belongs to one of these where there is one.
create macro is_raw(format) as format in (
    'DNG', 'CR2', 'CR3', 'CRW', 'NEF', 'NRW', 'ARW', 'SR2', 'SRF', 'RAF', 'ORF', 'RW2', 'PEF', 'SRW', 'X3F', 'MRW', 'IIQ', '3FR',
    'ERF', 'KDC', 'DCR', 'MEF', 'MOS', 'RWL', 'RAW');

-- A date of EXIF or IPTC-IIM in XMP's form. `part` is a fraction of the second (EXIF) or the time of day (IPTC); a clock that
-- was never set says nothing; what isn't a date stays as it is.
create macro legacy_date(value, part, zone, carrier) as case
    when regexp_full_match(value, '[0 :.-]*') then ''
    when carrier = 'exif' and regexp_full_match(value, '\d{4}:\d\d:\d\d \d\d:\d\d:\d\d') then concat(
        replace(left(value, 10), ':', '-'), 'T', substr(value, 12),
        case when regexp_full_match(part, '\d{1,9} *') then '.' || trim(part) end,
        case when regexp_full_match(zone, '[+-]\d\d:\d\d|Z') then zone end)
    when carrier = 'iptc' and regexp_full_match(value, '\d{4}-\d\d-\d\d') then concat(
        regexp_replace(value, '(-00)+$', ''),
        case when regexp_matches(part, '^\d\d:\d\d:\d\d') and not regexp_matches(value, '-00$') then 'T' || part end)
    else value
end;

-- Decimal degrees in XMP's form, and back (NULL for anything else).
create macro xmp_degrees(degrees, positive, negative) as printf(
    '%d,%.6f%s', floor(abs(degrees))::bigint, (abs(degrees) - floor(abs(degrees))) * 60,
    case when degrees < 0 then negative else positive end);
create macro degrees_of(value) as case
    when regexp_full_match(value, '\d{1,3}(\.\d+)?(,\d+(\.\d+)?){0,2}[NSEW]') then
        (try_cast(split_part(rtrim(value, 'NSEW'), ',', 1) as double)
         + coalesce(try_cast(split_part(rtrim(value, 'NSEW'), ',', 2) as double), 0) / 60
         + coalesce(try_cast(split_part(rtrim(value, 'NSEW'), ',', 3) as double), 0) / 3600)
        * case when right(value, 1) in ('S', 'W') then -1 else 1 end
    else try_cast(value as double)
end;

-- A text without differences that nobody sees, and any value in the form in which two are compared.
create macro same_text(value) as regexp_replace(trim(nfc_normalize(value)), '\s+', ' ', 'g');
create macro comparable(value, shape) as case shape
    when 'date' then left(replace(value, ' ', 'T'), 19)
    when 'gps' then coalesce(round(degrees_of(value), 4)::varchar, value)
    when 'number' then coalesce(try_cast(value as double)::varchar, value)
    else same_text(value)
end;
create macro agree(one, other, shape) as
    one = other or (shape = 'date' and (starts_with(one, other) or starts_with(other, one)));
create macro is_cut(short, long, bytes) as
    bytes is not null and strlen(short) >= bytes - 4 and starts_with(long, left(short, length(short) - 1));

-- The moment a date in XMP's form begins at; NULL for what isn't a date, or is uncertain.
create macro moment_of(value) as try_cast(case length(value)
    when 4 then value || '-01-01' when 7 then value || '-01' else replace(left(value, 19), 'T', ' ') end as timestamp);

-- A field that was cleared is an entry without a value: it hides what the file says.
alter table entered_values alter column value drop not null;
alter table entered_values add column origin varchar default 'entered';

-- Whether the IPTC block is still the one the XMP was made from: current, stale, or absent when nothing says.
alter table image_facts add column iptc_digest varchar;

-- What sidecar files say, by the URI they stand beside: without its ending `.xmp`.
create table sidecar_values (
    sidecar_id  varchar  not null,
    beside      varchar  not null,
    key         varchar  not null,
    lang        varchar,
    ordinal     integer  not null,
    value       varchar  not null
);

-- What a file says, reconciled: for each field and language the values of the carrier that counts.
create table file_values (
    image_id    varchar  not null,
    field       varchar  not null,
    lang        varchar,
    ordinal     integer  not null,
    value       varchar  not null,
    origin      varchar  not null
);

create table value_conflicts (
    image_id    varchar  not null,
    field       varchar  not null,
    lang        varchar,
    exif        varchar,
    iptc        varchar,
    xmp         varchar,
    sidecar     varchar,
    origin      varchar  not null,
    digest      varchar  not null
);

-- Images whose row in metadata_wide isn't up to date.
create table stale_metadata (image_id varchar not null);

-- One row an image for auditing: what its metadata says now, a column for each field (added by workbench/reconcile.py).
create table metadata_wide (
    image_id      varchar  not null,
    batch         varchar  not null,
    folder        varchar  not null,
    name          varchar  not null,
    modified_at   timestamp,
    captured      timestamp,
    latitude      double,
    longitude     double,
    keyword_count integer
);

create or replace view entered as
select image_id, field, lang, ordinal, value, origin, actor, "at" from entered_values where value is not null;

create view cleared as
select image_id, field, actor, "at" from entered_values where value is null;

create view metadata as
select v.image_id, v.field, v.lang, v.ordinal, v.value, v.origin, null::varchar as actor, null::timestamp as "at"
from file_values v
where not exists (select 1 from entered_values e where e.image_id = v.image_id and e.field = v.field)
union all
select image_id, field, lang, ordinal, value, origin, actor, "at" from entered_values where value is not null;

create view metadata_conflicts as
select
    c.image_id, c.field, c.lang, c.exif, c.iptc, c.xmp, c.sidecar,
    coalesce(e.origin, c.origin) as shown,
    e.image_id is not null as settled,
    case
        when e.image_id is not null then concat(e.actor, ' has entered what counts.')
        when c.origin = 'sidecar' then 'A sidecar file counts over what is inside the image file.'
        when c.origin = 'exif' then 'For this field EXIF comes first.'
        when c.digest = 'stale' then 'The IPTC text was changed after the XMP was written (its digest is stale), so it counts.'
        when c.digest = 'current' then 'XMP counts: the IPTC text hasn''t been changed since it was written (its digest is current).'
        else 'XMP counts: nothing says that the IPTC text is newer (there is no digest).'
    end as why
from value_conflicts c
left join (
    select image_id, field, min(actor) as actor, min(origin) as origin from entered_values group by image_id, field
) e on e.image_id = c.image_id and e.field = c.field;

comment on view entered is 'What people entered and holds now: it counts over what the file says.';
comment on column entered.image_id is 'the image';
comment on column entered.field is 'field by its standard key (Xmp.dc.title)';
comment on column entered.lang is 'language';
comment on column entered.ordinal is 'place in a list, from 0';
comment on column entered.value is 'the value';
comment on column entered.origin is 'entered, template or suggested';
comment on column entered.actor is 'who';
comment on column entered."at" is 'when (UTC)';

comment on view cleared is 'Fields that somebody emptied: what the file says there isn''t shown.';
comment on column cleared.image_id is 'the image';
comment on column cleared.field is 'field by its standard key';
comment on column cleared.actor is 'who';
comment on column cleared."at" is 'when (UTC)';

comment on view metadata is 'What the metadata says: one value for each field and language, with what people entered on top.';
comment on column metadata.image_id is 'the image';
comment on column metadata.field is 'field by its standard key (Xmp.dc.title)';
comment on column metadata.lang is 'language of a text in languages: x-default, de …';
comment on column metadata.ordinal is 'place in a list, from 0';
comment on column metadata.value is 'the value';
comment on column metadata.origin is 'exif, iptc, xmp or sidecar for what a file says; entered, template or suggested for what people did';
comment on column metadata.actor is 'who entered it; NULL for what a file says';
comment on column metadata."at" is 'when it was entered (UTC)';

comment on view metadata_conflicts is 'Fields of which the carriers inside one file, or beside it, say different things.';
comment on column metadata_conflicts.image_id is 'the image';
comment on column metadata_conflicts.field is 'field by its standard key';
comment on column metadata_conflicts.lang is 'language of a text in languages';
comment on column metadata_conflicts.exif is 'what EXIF says';
comment on column metadata_conflicts.iptc is 'what IPTC-IIM says';
comment on column metadata_conflicts.xmp is 'what XMP says';
comment on column metadata_conflicts.sidecar is 'what the sidecar file says';
comment on column metadata_conflicts.shown is 'which of them counts, as in metadata.origin';
comment on column metadata_conflicts.settled is 'whether somebody has entered a value since';
comment on column metadata_conflicts.why is 'why that one counts';

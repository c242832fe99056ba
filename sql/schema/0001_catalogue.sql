-- The catalogue: facts measured from the files, and the ledger's events applied to them.
-- Everything here is derived; `workbench rebuild` makes it again.

-- Text folded for searching: case, accents and compatibility forms don't count.
create macro fold(t) as replace(strip_accents(lower(nfc_normalize(t))), 'ß', 'ss');

-- How far the ledger has been applied, and the hash there: a ledger that was put back or forked shows.
create table applied (seq bigint not null, hash varchar not null);
insert into applied values (0, repeat('0', 64));

create table ledger_events (
    seq         bigint    not null,
    event_id    varchar   not null,
    "at"        timestamp not null,
    actor       varchar   not null,
    kind        varchar   not null,
    reason      varchar,
    payload     varchar   not null,
    version     varchar   not null
);

create table source_roots (
    source      varchar   not null,
    uri         varchar   not null,
    added_at    timestamp not null,
    added_by    varchar   not null
);

-- What was received when, in which batch: from the ledger, because no file can tell it again.
create table receipts (
    image_id    varchar   not null,
    source      varchar   not null,
    batch       varchar   not null,
    uri         varchar   not null,
    size        bigint,
    checksum    varchar,
    moved_from  varchar,
    received_at timestamp not null,
    seq         bigint    not null
);

-- Ids of files that were moved, and what stands for them now.
create table aliases (
    old_id      varchar   not null,
    image_id    varchar   not null
);

create table scans (
    scan_id     varchar   not null,
    source      varchar   not null,
    batch       varchar   not null,
    outcome     varchar   not null,
    files       bigint    not null,
    images      bigint    not null,
    problems    bigint    not null,
    finished_at timestamp not null,
    actor       varchar   not null,
    seq         bigint    not null
);

-- What a scan under way has listed.
create table scan_listing (
    source      varchar   not null,
    image_id    varchar   not null,
    uri         varchar   not null,
    path        varchar   not null,
    size        bigint    not null,
    mtime_ns    bigint    not null,
    stage       varchar,
    kind        varchar,
    detail      varchar,
    todo        boolean   not null
);

-- One row a listed file; what an incremental scan compares with.
create table seen_files (
    image_id    varchar   not null,
    source      varchar   not null,
    uri         varchar   not null,
    size        bigint    not null,
    mtime_ns    bigint    not null,
    status      varchar   not null      -- present, or vanishing while a scan finds out
);

create table image_facts (
    image_id           varchar  not null,
    uri                varchar  not null,
    source             varchar  not null,
    batch              varchar  not null,
    path               varchar  not null,
    folder             varchar  not null,
    name               varchar  not null,
    size               bigint   not null,
    modified_at        timestamp,
    received_at        timestamp not null,
    moved_from         varchar,
    checksum           varchar  not null,
    picture_hash       varchar,
    format             varchar  not null,
    mime               varchar  not null,
    width              integer,
    height             integer,
    mode               varchar,
    bit_depth          integer,
    frames             integer,
    has_icc            boolean,
    icc_name           varchar,
    orientation        integer,
    phash              ubigint,
    dhash              ubigint,
    sharpness          double,
    brightness         double,
    contrast           double,
    clipped_dark       double,
    clipped_bright     double,
    flat               boolean,
    captured_at        timestamp,
    captured_offset    integer,
    camera_make        varchar,
    camera_model       varchar,
    lens               varchar,
    latitude           double,
    longitude          double,
    altitude           double,
    title              varchar,
    description        varchar,
    creator            varchar,
    copyright          varchar,
    rating             integer,
    iptc_charset       varchar,
    keyword_count      integer  not null default 0    -- its rows in keywords
);

create table file_problems (
    image_id    varchar  not null,
    uri         varchar  not null,
    source      varchar  not null,
    batch       varchar  not null,
    path        varchar  not null,
    size        bigint,
    checksum    varchar,
    stage       varchar  not null,
    kind        varchar  not null,
    message     varchar  not null,
    detail      varchar
);

create table embedded (
    image_id    varchar  not null,
    key         varchar  not null,
    lang        varchar,
    ordinal     integer  not null,
    value       varchar  not null
);

-- One row an image and folded keyword, as sorted as the last `sort_keywords` left it.
create table keywords (
    keyword     varchar  not null,
    folded      varchar  not null,
    image_id    varchar  not null
);

create table search_texts (
    image_id    varchar  not null,
    folded      varchar  not null
);

create table entered_values (
    image_id    varchar   not null,
    field       varchar   not null,
    lang        varchar,
    ordinal     integer   not null,
    value       varchar   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- How often each value of a facet occurs over all images; empty whenever that isn't known.
-- Facet '' is the stamp: the sizes of the tables when it was counted.
create table facet_counts (
    facet       varchar   not null,
    value       varchar   not null,
    shown       varchar   not null,     -- the value as people see it: a keyword as written in one of the images
    images      bigint    not null,
    place       bigint    not null      -- 1 is the most frequent value of its facet
);

create view facet_stamp as
select 'images' as value, count(*) as images from image_facts
union all select 'keywords', count(*) from keywords
union all select 'problems', count(*) from file_problems;

-- The same, counted now.
create view facet_totals as
with counted as (
    select 'format' as facet, format as value, format as shown, count(*) as images from image_facts group by format
    union all select 'batch', batch, batch, count(*) from image_facts group by batch
    union all select 'source', source, source, count(*) from image_facts group by source
    union all select 'folder', folder, folder, count(*) from image_facts group by folder
    union all select 'camera', camera_model, camera_model, count(*) from image_facts group by camera_model
    union all select 'year', year(captured_at)::varchar, year(captured_at)::varchar, count(*) from image_facts group by year(captured_at)
    union all
    select 'problem', p.kind, p.kind, count(distinct p.image_id) from file_problems p semi join image_facts f using (image_id)
    group by p.kind
    union all select 'keyword', folded, min(keyword), count(*) from keywords group by folded
    union all select 'missing', 'title', 'title', count(*) from image_facts where title is null
    union all select 'missing', 'description', 'description', count(*) from image_facts where description is null
    union all select 'missing', 'keywords', 'keywords', count(*) from image_facts where keyword_count = 0
    union all select 'missing', 'creator', 'creator', count(*) from image_facts where creator is null
    union all select 'missing', 'copyright', 'copyright', count(*) from image_facts where copyright is null
    union all select 'missing', 'captured_at', 'captured_at', count(*) from image_facts where captured_at is null
    union all select 'missing', 'gps', 'gps', count(*) from image_facts where latitude is null or longitude is null
)
select facet, value, shown, images, row_number() over (partition by facet order by images desc, value) as place
from counted
where value is not null and images > 0;

-- Files that were made smaller, where they are, and whether the originals are still kept.

create table optimised_rows (
    job_id      varchar   not null,
    image_id    varchar   not null,
    uri         varchar   not null,
    how         varchar   not null,     -- lossless or shrunk
    before      varchar   not null,
    after       varchar   not null,
    size_before bigint    not null,
    size_after  bigint    not null,
    likeness    double,
    content_before varchar not null,
    content_after  varchar not null,
    state       varchar   not null,     -- optimised, restored or confirmed
    actor       varchar   not null,
    "at"        timestamp not null,     -- of the state
    seq         bigint    not null
);

create view optimised as
select o.job_id, coalesce(a.image_id, o.image_id) as image_id, o.uri, o.how, o.before, o.after, o.size_before, o.size_after,
       o.size_before - o.size_after as saved, o.likeness, o.state, o.actor, o."at"
from optimised_rows o left join aliases a on a.old_id = o.image_id;

comment on view optimised is 'Files that were made smaller: a row a file and time.';
comment on column optimised.job_id is 'the run';
comment on column optimised.image_id is 'the image';
comment on column optimised.uri is 'where its file was then';
comment on column optimised.how is 'lossless (the same pixels) or shrunk (fewer, or coded coarser)';
comment on column optimised.before is 'SHA-256 of the original, hex';
comment on column optimised.after is 'SHA-256 of the smaller file, hex';
comment on column optimised.size_before is 'bytes of the original';
comment on column optimised.size_after is 'bytes of the smaller file';
comment on column optimised.saved is 'bytes that it is smaller by';
comment on column optimised.likeness is 'structural similarity to the original at that size, to 1; NULL where the pixels are the same';
comment on column optimised.state is 'optimised (the original is kept), restored, or confirmed (the original is gone)';
comment on column optimised.actor is 'who brought it there';
comment on column optimised."at" is 'when (UTC)';

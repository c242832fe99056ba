-- What was written into files or beside them, by whom, and what became of each.
create table embeds (
    seq        bigint    not null,
    "at"       timestamp not null,
    actor      varchar   not null,
    mode       varchar   not null,
    image_id   varchar   not null,
    uri        varchar   not null,
    how        varchar   not null,
    why        varchar,
    target     varchar,
    before     varchar,
    after      varchar
);

create view deliveries as
select seq, "at", actor, mode, image_id, uri, how, why, target, before, after from embeds;

comment on view deliveries is 'What was written into files or beside them: a row a file and embedding.';
comment on column deliveries.seq is 'position in the ledger';
comment on column deliveries."at" is 'when (UTC)';
comment on column deliveries.actor is 'who';
comment on column deliveries.mode is 'copy, inplace, sidecar; restored when an embedding in place was taken back';
comment on column deliveries.image_id is 'the image';
comment on column deliveries.uri is 'the file the values were meant for';
comment on column deliveries.how is 'embedded, sidecar, copied (nothing to say), failed; restored';
comment on column deliveries.why is 'why a sidecar was written instead, or what failed';
comment on column deliveries.target is 'the file that was written';
comment on column deliveries.before is 'SHA-256 of the file before';
comment on column deliveries.after is 'SHA-256 of the file that was written';

-- Everything that people ever entered, cleared or took back: what a field was before any change, and so what undoing it brings
-- back. A row without a value says that the field was cleared; one without an origin, that an entry was taken back.
create table value_history (
    image_id    varchar   not null,
    field       varchar   not null,
    lang        varchar,
    ordinal     integer,
    value       varchar,
    origin      varchar,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

insert into value_history (image_id, field, lang, ordinal, value, origin, actor, "at", seq)
select image_id, field, lang, ordinal, value, origin, actor, "at", seq from entered_values;

create view history as
select
    h.image_id, h.field, h.lang, h.ordinal, h.value,
    case when h.origin is null then 'withdrawn' when h.value is null then 'cleared' else 'set' end as what,
    h.origin, h.actor, h."at", l.reason, h.seq
from value_history h left join ledger_events l using (seq);

comment on view history is 'Every value that people entered, cleared or took back, also those that hold no longer.';
comment on column history.image_id is 'the image';
comment on column history.field is 'field by its standard key (Xmp.dc.title)';
comment on column history.lang is 'language';
comment on column history.ordinal is 'place in a list, from 0';
comment on column history.value is 'the value';
comment on column history.what is 'set, cleared (what the file says is hidden) or withdrawn (what the file says shows again)';
comment on column history.origin is 'entered, template or suggested';
comment on column history.actor is 'who';
comment on column history."at" is 'when (UTC)';
comment on column history.reason is 'why, as they said';
comment on column history.seq is 'position of the change in the ledger';

-- Queues of images that people work through together: who has which one, and how it ended.
create table queue_items (
    queue       varchar   not null,
    image_id    varchar   not null,
    outcome     varchar   not null,
    holder      varchar   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    turn        integer   not null,
    seq         bigint    not null
);

-- A file that was moved is known by another id since.
create view queues as
select q.queue, coalesce(a.image_id, q.image_id) as image_id, q.outcome, q.actor, q."at", q.holder
from queue_items q left join aliases a on a.old_id = q.image_id;

comment on view queues is 'Images of the queues that people work through together: who took which one, and how it ended.';
comment on column queues.queue is 'name of the queue';
comment on column queues.image_id is 'the image';
comment on column queues.outcome is 'taken (somebody works at it), done, skipped or released';
comment on column queues.actor is 'who';
comment on column queues."at" is 'when (UTC); an image taken longer than 15 minutes ago is free again';
comment on column queues.holder is 'the session that took it: one person may have several';

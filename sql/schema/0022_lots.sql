-- Quality control: states of batches, samples drawn of them, what inspectors found, and how batches were judged by it.

create table batch_moves (
    batch       varchar   not null,
    state       varchar   not null,
    came_from   varchar,
    lot         varchar,                -- the sample that it was judged by
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table sample_draws (
    sample_id   varchar   not null,
    batch       varchar   not null,
    submission  integer   not null,     -- how often the batch had been sent back before
    lot_size    bigint    not null,
    n           bigint    not null,
    plan        varchar   not null,     -- JSON
    accept      integer,
    reject      integer,
    seed        varchar   not null,
    method      varchar   not null,
    stage       integer   not null,     -- 2 for the second sample of a double plan
    follows     varchar,                -- its first sample
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table sample_images (
    sample_id   varchar   not null,
    image_id    varchar   not null,
    ordinal     bigint    not null,
    operator    varchar,
    stratum     varchar
);

create table inspection_rows (
    sample_id   varchar   not null,
    image_id    varchar   not null,
    inspector   varchar   not null,
    operator    varchar,
    verdict     varchar   not null,
    comment     varchar   not null,
    seconds     double,
    withdrawn   boolean   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table defect_rows (
    image_id    varchar   not null,
    field       varchar,
    defect      varchar   not null,
    severity    varchar   not null,
    comment     varchar   not null,
    seq         bigint    not null      -- of the inspection
);

create table lot_judgements (
    sample_id   varchar   not null,
    verdict     varchar   not null,
    reason      varchar   not null,
    defectives  bigint    not null,
    n           bigint    not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- A batch that nobody moved is as it was received.
create view batch_states as
with known as (
    select batch, count(*) as images, min(received_at) as received_at from image_facts group by batch
), moved as (
    select batch, arg_max(state, seq) as state, max("at") as since, arg_max(actor, seq) as actor,
           count(*) filter (state = 'rework') as resubmission, count(*) as moves
    from batch_moves group by batch
)
select coalesce(k.batch, m.batch) as batch, coalesce(m.state, 'received') as state, coalesce(m.since, k.received_at) as since,
       m.actor, coalesce(k.images, 0) as images, coalesce(m.resubmission, 0) as resubmission, coalesce(m.moves, 0) as moves
from known k full join moved m on m.batch = k.batch;

-- Files that were renamed are known by another id since. What counts is the last look that wasn't taken back.
create view inspections as
select r.sample_id, coalesce(a.image_id, r.image_id) as image_id, r.inspector, r.operator, r.verdict, r.comment, r.seconds, r."at", r.seq
from inspection_rows r left join aliases a on a.old_id = r.image_id
where not r.withdrawn
qualify row_number() over (partition by r.sample_id, coalesce(a.image_id, r.image_id) order by r.seq desc) = 1;

create view defects as
select i.sample_id, i.image_id, d.field, d.defect, d.severity, d.comment, i.inspector, i.operator, i."at", i.seq
from defect_rows d join inspections i using (seq);

create view sample_items as
select s.sample_id, coalesce(a.image_id, s.image_id) as image_id, s.ordinal, s.operator, s.stratum,
       case i.verdict when 'pass' then 'passed' when 'defective' then 'defective' when 'skipped' then 'skipped' else 'open' end as state
from sample_images s
left join aliases a on a.old_id = s.image_id
left join inspections i on i.sample_id = s.sample_id and i.image_id = coalesce(a.image_id, s.image_id);

create view lot_verdicts as
select j.sample_id, d.batch, j.verdict, j.reason, j.defectives, j.n, d.submission as resubmission, j.actor, j."at", j.seq
from lot_judgements j join sample_draws d using (sample_id);

create view samples as
select d.sample_id, d.batch, d.lot_size, d.n, d.plan, d.accept, d.reject, d.seed, d.method, d."at", d.actor,
       coalesce(j.verdict, case when coalesce(i.inspected, 0) >= d.n then 'inspected' else 'open' end) as state, d.stage, d.follows,
       d.submission as resubmission, coalesce(i.inspected, 0) as inspected, coalesce(i.defectives, 0) as defectives
from sample_draws d
left join lot_judgements j using (sample_id)
left join (
    select sample_id, count(*) filter (state in ('passed', 'defective')) as inspected, count(*) filter (state = 'defective') as defectives
    from sample_items group by sample_id
) i using (sample_id);

comment on view batch_states is 'Where every batch stands on its way from received to delivered.';
comment on column batch_states.batch is 'the batch';
comment on column batch_states.state is 'received, in_work, ready_for_qc, accepted, rework or delivered';
comment on column batch_states.since is 'when it came there (UTC)';
comment on column batch_states.actor is 'who brought it there; NULL when nobody moved it yet';
comment on column batch_states.images is 'how many images of it are there now';
comment on column batch_states.resubmission is 'how often it was sent back for rework: 0 is the first submission';
comment on column batch_states.moves is 'how often its state changed';

comment on view samples is 'Samples that were drawn of batches, to be inspected: a row a sample.';
comment on column samples.sample_id is 'the sample';
comment on column samples.batch is 'the batch it was drawn from: the lot';
comment on column samples.lot_size is 'how many images the batch had';
comment on column samples.n is 'how many were drawn';
comment on column samples.plan is 'the sampling plan, JSON: AQL, level, severity, code letter, acceptance numbers';
comment on column samples.accept is 'accept with at most so many defective images; NULL where there is no such plan';
comment on column samples.reject is 'reject with at least so many';
comment on column samples.seed is 'from which anybody can draw the same images again';
comment on column samples.method is 'random, stratified or weighted';
comment on column samples."at" is 'when (UTC)';
comment on column samples.actor is 'who drew it';
comment on column samples.state is 'open, inspected (all are, nobody judged it yet), or the verdict: accepted, rejected, undecided, void';
comment on column samples.stage is '2 for the second sample of a double plan, else 1';
comment on column samples.follows is 'the first sample of a double plan, where this is the second';
comment on column samples.resubmission is 'how often the batch had been sent back before';
comment on column samples.inspected is 'how many have been inspected';
comment on column samples.defectives is 'how many of these are defective';

comment on view sample_items is 'The images of every sample, in the order drawn.';
comment on column sample_items.sample_id is 'the sample';
comment on column sample_items.image_id is 'the image';
comment on column sample_items.ordinal is 'place in the sample, from 0';
comment on column sample_items.operator is 'who last entered values for it before it was drawn; NULL when nobody did';
comment on column sample_items.stratum is 'the part of the batch it was drawn from, for a stratified sample';
comment on column sample_items.state is 'open, passed, defective or skipped';

comment on view inspections is 'What inspectors said of the images of samples: the last look that counts.';
comment on column inspections.sample_id is 'the sample';
comment on column inspections.image_id is 'the image';
comment on column inspections.inspector is 'who looked';
comment on column inspections.operator is 'whose work it was; NULL when nobody had entered anything';
comment on column inspections.verdict is 'pass, defective or skipped';
comment on column inspections.comment is 'what the inspector said of the image as a whole';
comment on column inspections.seconds is 'working time it took, pauses left out; NULL where it isn''t known';
comment on column inspections."at" is 'when (UTC)';
comment on column inspections.seq is 'the event';

comment on view defects is 'What is wrong, field by field, by the inspections that count.';
comment on column defects.sample_id is 'the sample';
comment on column defects.image_id is 'the image';
comment on column defects.field is 'the field, by its standard key; NULL when it is about the whole image';
comment on column defects.defect is 'what kind of defect, by the defect catalogue';
comment on column defects.severity is 'critical, major or minor';
comment on column defects.comment is 'what the inspector said of it';
comment on column defects.inspector is 'who found it';
comment on column defects.operator is 'whose work it was';
comment on column defects."at" is 'when (UTC)';
comment on column defects.seq is 'the event of the inspection';

comment on view lot_verdicts is 'How batches were judged by their samples.';
comment on column lot_verdicts.sample_id is 'the sample';
comment on column lot_verdicts.batch is 'the batch';
comment on column lot_verdicts.verdict is 'accepted, rejected, undecided (a second sample is to be drawn), or void (it was set aside)';
comment on column lot_verdicts.reason is 'why, in words';
comment on column lot_verdicts.defectives is 'how many defective images counted';
comment on column lot_verdicts.n is 'how many were inspected';
comment on column lot_verdicts.resubmission is 'how often the batch had been sent back before';
comment on column lot_verdicts.actor is 'who judged it';
comment on column lot_verdicts."at" is 'when (UTC)';
comment on column lot_verdicts.seq is 'the event';

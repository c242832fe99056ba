-- Blind double entry: two people enter the same fields of the same images without seeing each other's. What they enter is no
-- value until both agree, or somebody else has decided between them.

create table double_entry_tasks (
    task_id     varchar   not null,
    what        varchar   not null,     -- in words
    batch       varchar,
    profile     varchar   not null,
    people      varchar   not null,     -- JSON; an empty list: whoever takes it
    start       varchar   not null,     -- blank, or file: whether the form shows what the file says
    seed        varchar   not null,     -- mixes the two sides of a difference
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table double_entry_images (
    task_id     varchar   not null,
    ordinal     bigint    not null,
    image_id    varchar   not null
);

create table double_entry_fields (
    task_id     varchar   not null,
    ordinal     bigint    not null,
    field       varchar   not null,
    comparator  varchar   not null,
    options     varchar   not null      -- JSON
);

-- The latest entry of a person for a field: a row a part (language, position in a list). The whole stands with part 0, as
-- text; a list or a value by language as JSON. NULL: left empty, which is an answer, too.
create table entry_rows (
    task_id     varchar   not null,
    image_id    varchar   not null,
    actor       varchar   not null,
    field       varchar   not null,
    part        bigint    not null,
    lang        varchar,
    ordinal     bigint,
    value       varchar,
    content     varchar,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table entries_finished (
    task_id     varchar   not null,
    image_id    varchar   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- Up to which position of the ledger the entries of a task have been compared.
create table comparison_runs (
    task_id     varchar   not null,
    upto        bigint    not null,
    pairs       bigint    not null,
    agreed      bigint    not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- What the comparators said of two entries that aren't the same to the letter. Those that are need no row.
create table compared_rows (
    task_id     varchar   not null,
    image_id    varchar   not null,
    field       varchar   not null,
    seq_a       bigint    not null,
    seq_b       bigint    not null,
    agree       boolean   not null,
    distance    double
);

create table adjudication_rows (
    task_id     varchar   not null,
    image_id    varchar   not null,
    field       varchar   not null,
    chosen      varchar   not null,     -- first (of actor_a), second (of actor_b) or edited
    value       varchar,
    comment     varchar   not null,
    adjudicator varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create view double_entries as
select t.task_id, t.what, t.batch, t.profile, t.people, t.start, i.images, f.fields, t.actor, t."at", t.seed
from double_entry_tasks t
join (select task_id, count(*) as images from double_entry_images group by task_id) i using (task_id)
join (select task_id, string_agg(field, ', ' order by ordinal) as fields from double_entry_fields group by task_id) f using (task_id);

create view entries as
select task_id, image_id, actor, field, lang, ordinal, value, "at" from entry_rows;

-- Images that two people have said to be done. Those that are no part of the task (known answers among them) don't count.
create view done_pairs as
select f.task_id, f.image_id, min(f.actor) as actor_a, max(f.actor) as actor_b, max(f.seq) as done
from entries_finished f
semi join double_entry_images i on i.task_id = f.task_id and i.image_id = f.image_id
group by f.task_id, f.image_id
having count(*) > 1;

create view entry_pairs as
select d.task_id, d.image_id, a.field, d.actor_a, d.actor_b, a.content as value_a, b.content as value_b,
       a.seq as seq_a, b.seq as seq_b, greatest(a.seq, b.seq, d.done) as ready
from done_pairs d
join entry_rows a on a.task_id = d.task_id and a.image_id = d.image_id and a.actor = d.actor_a and a.part = 0
join entry_rows b on b.task_id = d.task_id and b.image_id = d.image_id and b.actor = d.actor_b and b.field = a.field and b.part = 0;

create view last_adjudications as
select task_id, image_id, field, chosen, value, comment, adjudicator, "at", seq from adjudication_rows
qualify row_number() over (partition by task_id, image_id, field order by seq desc) = 1;

create view field_comparisons as
select p.task_id, p.image_id, p.field, p.actor_a, p.actor_b, p.value_a, p.value_b,
       p.value_a is not distinct from p.value_b or coalesce(c.agree, false) as agree,
       case when p.value_a is not distinct from p.value_b then 0.0 else c.distance end as distance,
       f.comparator,
       case when p.value_a is not distinct from p.value_b or coalesce(c.agree, false) then 'agreed'
            when d.seq is not null then 'adjudicated' else 'open' end as state,
       p.seq_a, p.seq_b, p.ready as seq
from entry_pairs p
join (select task_id, max(upto) as upto from comparison_runs group by task_id) r on r.task_id = p.task_id and p.ready <= r.upto
join double_entry_fields f on f.task_id = p.task_id and f.field = p.field
left join compared_rows c
  on c.task_id = p.task_id and c.image_id = p.image_id and c.field = p.field and c.seq_a = p.seq_a and c.seq_b = p.seq_b
left join last_adjudications d
  on d.task_id = p.task_id and d.image_id = p.image_id and d.field = p.field and d.seq > greatest(p.seq_a, p.seq_b);

create view adjudications as
select task_id, image_id, field, chosen, value, comment, adjudicator, "at" from last_adjudications;

comment on view double_entries is 'Tasks of blind double entry: two people enter the same fields of the same images.';
comment on column double_entries.task_id is 'the task';
comment on column double_entries.what is 'what it is about, in words';
comment on column double_entries.batch is 'the batch, where it is about one';
comment on column double_entries.profile is 'the profile the fields are from';
comment on column double_entries.people is 'the two people who enter, as JSON; an empty list: whoever takes an image';
comment on column double_entries.start is 'whether the form begins blank, or with what the file says';
comment on column double_entries.images is 'how many images';
comment on column double_entries.fields is 'the fields by their standard keys, in order';
comment on column double_entries.actor is 'who opened it';
comment on column double_entries."at" is 'when (UTC)';
comment on column double_entries.seed is 'mixes which of two entries is shown first when they are decided between';

comment on view entries is 'What people entered in blind double entry: the latest of each person and field. No value until both agree or somebody decided.';
comment on column entries.task_id is 'the task';
comment on column entries.image_id is 'the image';
comment on column entries.actor is 'who entered it';
comment on column entries.field is 'field by its standard key (Xmp.dc.title)';
comment on column entries.lang is 'language, where the field has languages';
comment on column entries.ordinal is 'position in a list, from 0';
comment on column entries.value is 'what was entered; NULL: left empty';
comment on column entries."at" is 'when (UTC)';

comment on view field_comparisons is 'Two people''s finished entries for the same field of an image, compared.';
comment on column field_comparisons.task_id is 'the task';
comment on column field_comparisons.image_id is 'the image';
comment on column field_comparisons.field is 'field by its standard key';
comment on column field_comparisons.actor_a is 'one of the two, the first by alphabet';
comment on column field_comparisons.actor_b is 'the other';
comment on column field_comparisons.value_a is 'what the one entered; a list or a value by language as JSON; NULL: left empty';
comment on column field_comparisons.value_b is 'what the other entered';
comment on column field_comparisons.agree is 'whether both are the same by the field''s comparator';
comment on column field_comparisons.distance is 'how far apart they are, as the comparator measures it; 0 for the same, NULL where that can''t be said';
comment on column field_comparisons.comparator is 'how the field is compared';
comment on column field_comparisons.state is 'agreed, open (to be decided) or adjudicated';
comment on column field_comparisons.seq_a is 'position of the one entry in the ledger';
comment on column field_comparisons.seq_b is 'position of the other';
comment on column field_comparisons.seq is 'position in the ledger at which both were there';

comment on view adjudications is 'Decisions between two entries, made by somebody else: the last one for each field that counts.';
comment on column adjudications.task_id is 'the task';
comment on column adjudications.image_id is 'the image';
comment on column adjudications.field is 'field by its standard key';
comment on column adjudications.chosen is 'first (that of actor_a), second (of actor_b), or edited';
comment on column adjudications.value is 'what counts since; a list or a value by language as JSON';
comment on column adjudications.comment is 'why, in words';
comment on column adjudications.adjudicator is 'who decided';
comment on column adjudications."at" is 'when (UTC)';

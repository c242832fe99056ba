-- Gold: images whose answers are known, mixed into anybody's work; and what people answered.

create table gold_rows (
    image_id    varchar   not null,
    field       varchar   not null,
    content     varchar,                -- as in entry_rows
    comparator  varchar   not null,
    options     varchar   not null,     -- JSON
    category    varchar   not null,
    comment     varchar   not null,     -- why this is right: shown as feedback
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table gold_answer_rows (
    task_id     varchar   not null,
    image_id    varchar   not null,
    field       varchar   not null,
    expected    varchar,
    given       varchar,
    "right"     boolean   not null,
    distance    double,
    comparator  varchar   not null,
    training    boolean   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table trainings (
    training_id varchar   not null,
    profile     varchar   not null,
    images      bigint    not null,
    answered    bigint    not null,
    correct     bigint    not null,
    pass_mark   double    not null,
    passed      boolean   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create view gold_items as
select image_id, field, content as value, comparator, category, comment, actor, "at", options from gold_rows;

create view gold_answers as
select actor, image_id, task_id, field, expected, given, "right", distance, comparator, training, "at", seq from gold_answer_rows;

comment on view gold_items is 'Images whose answers are known: they are mixed into people''s work and look like any other.';
comment on column gold_items.image_id is 'the image';
comment on column gold_items.field is 'field by its standard key';
comment on column gold_items.value is 'the right answer; a list or a value by language as JSON; NULL: to be left empty';
comment on column gold_items.comparator is 'how an answer is compared with it';
comment on column gold_items.category is 'what kind of item it is, in a word; empty when nobody said';
comment on column gold_items.comment is 'why this is right; shown as feedback';
comment on column gold_items.actor is 'who said so';
comment on column gold_items."at" is 'when (UTC)';
comment on column gold_items.options is 'the comparator''s settings, as JSON';

comment on view gold_answers is 'What people answered on images whose answers are known: a row a field and answer.';
comment on column gold_answers.actor is 'who answered';
comment on column gold_answers.image_id is 'the image';
comment on column gold_answers.task_id is 'the task, queue or training it was mixed into';
comment on column gold_answers.field is 'field by its standard key';
comment on column gold_answers.expected is 'the right answer, as it was then';
comment on column gold_answers.given is 'what was answered; NULL: left empty';
comment on column gold_answers."right" is 'whether that is right, by the comparator';
comment on column gold_answers.distance is 'how far off it is, as the comparator measures it';
comment on column gold_answers.comparator is 'how it was compared';
comment on column gold_answers.training is 'whether it was in a training';
comment on column gold_answers."at" is 'when (UTC)';
comment on column gold_answers.seq is 'position in the ledger';

comment on table trainings is 'Trainings that somebody came to the end of, and whether the pass mark was reached.';
comment on column trainings.training_id is 'the training';
comment on column trainings.profile is 'the profile the fields are from';
comment on column trainings.images is 'images in it';
comment on column trainings.answered is 'fields answered';
comment on column trainings.correct is 'of these, answered rightly';
comment on column trainings.pass_mark is 'share of right answers that was asked for, 0 to 1';
comment on column trainings.passed is 'whether it was reached';
comment on column trainings.actor is 'who was trained';
comment on column trainings."at" is 'when (UTC)';
comment on column trainings.seq is 'position in the ledger';

-- Suggestions: what machines propose, and what people decided about it. What is proposed can be made again at any time; the
-- decisions come from the ledger.

create table suggestion_rows (
    suggestion_id varchar   not null,
    image_id      varchar   not null,
    field         varchar   not null,
    kind          varchar   not null,   -- of the field: text, langalt, bag …
    lang          varchar,
    value         varchar   not null,
    suggester     varchar   not null,
    confidence    double    not null,
    model         varchar   not null,
    version       varchar   not null,
    evidence      varchar   not null,
    made_at       timestamp not null
);

create table suggestion_decisions (
    suggestion_id varchar   not null,
    image_id      varchar   not null,
    field         varchar   not null,
    lang          varchar,
    value         varchar,              -- what was entered; NULL where it was rejected
    suggested     varchar   not null,
    suggester     varchar   not null,
    confidence    double    not null,
    model         varchar   not null,
    version       varchar   not null,
    decision      varchar   not null,   -- accepted, edited or rejected
    actor         varchar   not null,
    "at"          timestamp not null,
    seq           bigint    not null
);

-- The last decision about each suggestion. A file that was moved is known by another id since.
create view last_decisions as
select d.* replace (coalesce(a.image_id, d.image_id) as image_id)
from suggestion_decisions d left join aliases a on a.old_id = d.image_id
qualify row_number() over (
    partition by coalesce(a.image_id, d.image_id), field, lang, suggested, suggester, model order by seq desc) = 1;

-- Whoever takes an accepted value back, or undoes the change, has the suggestion before him again.
create view suggestions as
select
    s.suggestion_id, s.image_id, s.field, s.kind, s.lang, s.value, s.confidence, s.suggester, s.model, s.version, s.evidence,
    case when d.decision = 'rejected' then 'rejected'
         when d.decision is not null and exists (
             select 1 from entered_values e
             where e.image_id = s.image_id and e.field = s.field and e.lang is not distinct from s.lang and e.value = d.value
         ) then d.decision
         when exists (
             select 1 from entered_values e
             where e.image_id = s.image_id and e.field = s.field and e.lang is not distinct from s.lang and e.value = s.value
         ) then 'entered'
         else 'open' end as status,
    s.made_at
from suggestion_rows s
semi join image_facts f on f.image_id = s.image_id
left join last_decisions d
  on d.image_id = s.image_id and d.field = s.field and d.lang is not distinct from s.lang and d.suggested = s.value
 and d.suggester = s.suggester and d.model = s.model;

comment on view suggestions is 'What machines propose for fields of images: never a value until somebody accepts it.';
comment on column suggestions.suggestion_id is '16 hex digits: the same whenever the same is proposed by the same model';
comment on column suggestions.image_id is 'the image';
comment on column suggestions.field is 'field by its standard key (Xmp.dc.title)';
comment on column suggestions.kind is 'shape of the field: text, langalt (by language), bag or seq (lists) …';
comment on column suggestions.lang is 'language, where the field has languages';
comment on column suggestions.value is 'what is proposed; for a list, one entry of it';
comment on column suggestions.confidence is 'how sure the suggester is, 0 to 1';
comment on column suggestions.suggester is 'who proposes it: names, similar, ocr …';
comment on column suggestions.model is 'by which model or rules';
comment on column suggestions.version is 'in which version';
comment on column suggestions.evidence is 'what it was taken from, in words';
comment on column suggestions.status is 'open, accepted, edited (another value was entered instead), rejected, or entered (the same value was, by another way)';
comment on column suggestions.made_at is 'when it was proposed (UTC)';

-- What audits found: the findings of the last audit by each profile, and how many there were each time.

-- A text in the form in which XMP writes dates.
create macro is_date_text(value) as regexp_full_match(
    value, '\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?');

-- Whether a text has at least one letter of a script; each pattern is compiled once because it is written out.
create macro in_script(value, script) as case script
    when 'Latin' then regexp_matches(value, '\p{Latin}')
    when 'Cyrillic' then regexp_matches(value, '\p{Cyrillic}')
    when 'Greek' then regexp_matches(value, '\p{Greek}')
    when 'Arabic' then regexp_matches(value, '\p{Arabic}')
    when 'Hebrew' then regexp_matches(value, '\p{Hebrew}')
    when 'Devanagari' then regexp_matches(value, '\p{Devanagari}')
    when 'Thai' then regexp_matches(value, '\p{Thai}')
    when 'Hangul' then regexp_matches(value, '\p{Hangul}')
    when 'Han' then regexp_matches(value, '\p{Han}')
    when 'Japanese' then regexp_matches(value, '[\p{Han}\p{Hiragana}\p{Katakana}]')
end;

-- Who a copyright notice or credit names, without signs, years and set phrases.
create macro holder_of(notice) as trim(regexp_replace(
    lower(notice), '(\(c\)|copyright|all rights reserved|alle rechte vorbehalten|tous droits réservés|\b(19|20)\d\d\b|[^\pL\pN])+', ' ', 'g'));

alter table metadata_wide add column keyword_repeated boolean;

create table audit_rules (
    profile     varchar  not null,    -- '' where no profile was given
    rule        varchar  not null,
    field       varchar  not null,    -- '' where it concerns none
    title       varchar  not null,
    severity    varchar  not null,
    says        varchar  not null,
    suggestion  varchar  not null,
    place       integer  not null
);

create table audit_findings (
    profile     varchar  not null,
    rule        varchar  not null,
    field       varchar  not null,
    image_id    varchar  using compression uncompressed not null,
    value       varchar,
    note        varchar
);

create table audit_counts (
    audit_id    varchar  not null,
    profile     varchar  not null,
    batch       varchar  not null,    -- '' for all batches
    rule        varchar  not null,    -- '' for the audit as a whole
    severity    varchar  not null,
    findings    bigint   not null,
    images      bigint   not null,
    actor       varchar  not null,
    "at"        timestamp not null,
    seq         bigint   not null
);

create view findings as
select
    f.image_id, f.profile, f.rule, r.title, r.severity, nullif(f.field, '') as field, f.value,
    replace(replace(r.says, '{value}', coalesce(f.value, '')), '{note}', coalesce(f.note, '')) as message,
    replace(replace(r.suggestion, '{value}', coalesce(f.value, '')), '{note}', coalesce(f.note, '')) as suggestion
from audit_findings f
join audit_rules r on r.profile = f.profile and r.rule = f.rule and r.field = f.field;

create view audits as
select audit_id, profile, nullif(batch, '') as batch, nullif(rule, '') as rule, nullif(severity, '') as severity, findings, images,
       actor, "at", seq
from audit_counts;

comment on view findings is 'What the last audit by each profile found: a row for each image and rule.';
comment on column findings.image_id is 'the image';
comment on column findings.profile is 'the profile audited by; empty where there was none';
comment on column findings.rule is 'id of the rule';
comment on column findings.title is 'the rule in a few words';
comment on column findings.severity is 'error, warning or info';
comment on column findings.field is 'field it concerns, by its standard key';
comment on column findings.value is 'the value that breaks the rule';
comment on column findings.message is 'what is wrong, in a sentence';
comment on column findings.suggestion is 'what to do about it';

comment on view audits is 'How much each audit found, over time: a row for each rule, and one without a rule for the whole.';
comment on column audits.audit_id is 'the audit';
comment on column audits.profile is 'the profile audited by';
comment on column audits.batch is 'the batch that was audited; NULL for all';
comment on column audits.rule is 'the rule; NULL for the audit as a whole';
comment on column audits.severity is 'error, warning or info';
comment on column audits.findings is 'how many findings: images that broke the rule, for each field';
comment on column audits.images is 'how many images were looked at';
comment on column audits.actor is 'who audited';
comment on column audits."at" is 'when (UTC)';
comment on column audits.seq is 'position in the ledger';

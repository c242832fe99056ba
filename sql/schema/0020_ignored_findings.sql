-- Findings that somebody looked at and found to be right: ignored, with the reason, for as long as the value stays.
create table ignored_findings (
    profile     varchar   not null,
    rule        varchar   not null,
    field       varchar   not null,    -- '' where the rule concerns none
    image_id    varchar   not null,
    value       varchar   not null,    -- '' where there was none
    reason      varchar   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- A finding that is ignored counts no more; when the value changes, it is another finding.
create view judged_findings as
select f.profile, f.rule, f.field, f.image_id, f.value, f.note, i.reason, i.actor, i."at", i.seq
from audit_findings f left join ignored_findings i
  on i.image_id = f.image_id and i.rule = f.rule and i.field = f.field and i.profile = f.profile and i.value = coalesce(f.value, '');

create or replace view findings as
select
    f.image_id, f.profile, f.rule, r.title, r.severity, nullif(f.field, '') as field, f.value,
    replace(replace(r.says, '{value}', coalesce(f.value, '')), '{note}', coalesce(f.note, '')) as message,
    replace(replace(r.suggestion, '{value}', coalesce(f.value, '')), '{note}', coalesce(f.note, '')) as suggestion,
    f.reason as ignored, f.actor as ignored_by, f."at" as ignored_at
from judged_findings f
join audit_rules r on r.profile = f.profile and r.rule = f.rule and r.field = f.field;

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
comment on column findings.ignored is 'why it is all right as it is; NULL where nobody said so';
comment on column findings.ignored_by is 'who said so';
comment on column findings.ignored_at is 'when (UTC)';

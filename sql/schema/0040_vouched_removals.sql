-- What vouches for a large removal: the sample that was looked at, or why there is none.
alter table removal_plans add column certificate varchar;
alter table removal_plans add column uncertified varchar;

create or replace view removal_runs as
select p.plan_id, p.action, p.what, p.files, coalesce(e.done, 0) as done, coalesce(e.outcome, 'under way') as outcome,
       p.certificate, p.uncertified, p.actor, p."at", e."at" as ended_at
from removal_plans p left join removal_ends e using (plan_id);

comment on view removal_runs is 'Removals, restorations and purges: a row each.';
comment on column removal_runs.plan_id is 'the run';
comment on column removal_runs.action is 'quarantine, restore or purge';
comment on column removal_runs.what is 'what it was about, in words';
comment on column removal_runs.files is 'how many files were planned';
comment on column removal_runs.done is 'of how many it was done';
comment on column removal_runs.outcome is 'finished, cancelled, recovered (after it was killed) or under way';
comment on column removal_runs.certificate is 'the sample that vouches for it: see the view certificates; NULL where none had to';
comment on column removal_runs.uncertified is 'why a large one went without a certificate; NULL where it had one or needed none';
comment on column removal_runs.actor is 'who';
comment on column removal_runs."at" is 'when it began (UTC)';
comment on column removal_runs.ended_at is 'when it ended (UTC)';

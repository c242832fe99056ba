-- What was merged for a removal, so that putting everything back takes that back, too.
alter table removal_plans add column merge bigint;

create or replace view removal_runs as
select p.plan_id, p.action, p.what, p.files, coalesce(e.done, 0) as done, coalesce(e.outcome, 'under way') as outcome,
       p.certificate, p.uncertified, p.merge, p.actor, p."at", e."at" as ended_at
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
comment on column removal_runs.merge is 'the change that merged metadata into the images that stay, which `workbench undo` takes back; NULL where nothing was merged';
comment on column removal_runs.actor is 'who';
comment on column removal_runs."at" is 'when it began (UTC)';
comment on column removal_runs.ended_at is 'when it ended (UTC)';

-- Where a file lies that wasn't moved, as people read it.
create or replace view not_removed as
with inside as (
    select r.plan_id, r.image_id, r.uri, r.reason,
           (select max(length(s.uri)) from source_roots s where starts_with(r.uri, s.uri || '/')) as root
    from removal_refusals r
)
select p.plan_id, p.action, i.image_id,
       coalesce(f.path, try(url_decode(substr(i.uri, i.root + 2))), i.uri) as path, i.uri, i.reason, p."at"
from inside i join removal_plans p using (plan_id) left join image_facts f on f.image_id = i.image_id;

comment on view not_removed is 'Files that weren''t moved although it was planned, and why.';
comment on column not_removed.plan_id is 'the run';
comment on column not_removed.action is 'quarantine, restore or purge';
comment on column not_removed.image_id is 'the image';
comment on column not_removed.path is 'path inside the source, readable';
comment on column not_removed.uri is 'where its file is';
comment on column not_removed.reason is 'why, in a sentence';
comment on column not_removed."at" is 'when the run began (UTC)';

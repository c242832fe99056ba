-- Named queries over what people changed, and what stood there before.

-- name: recent_changes(last)
-- The latest changes of values, file names and what counts as a finding, newest first, with what the ledger says of each.
select seq, "at", actor, kind, reason, payload from ledger_events
where kind in ('values_set', 'values_withdrawn', 'values_changed', 'files_renamed', 'findings_ignored', 'findings_reopened')
   or (kind = 'removal_planned' and contains(payload, '"action":"quarantine"'))
order by seq desc limit $last

-- name: undone_changes()
-- Changes that undo others, with what they say.
select seq, payload from ledger_events
where kind in ('values_changed', 'files_renamed', 'findings_ignored', 'findings_reopened') and contains(payload, '"undoes":')

-- name: touched_since(seqs)
-- Which of these changes touched something that somebody changed again later.
select distinct h.seq
from value_history h join (
    select image_id, field, max(seq) as latest from value_history group by image_id, field
) n using (image_id, field)
where h.seq in (select unnest($seqs::bigint[])) and n.latest > h.seq

-- name: removals_over(seqs)
-- Which of these were removals of which nothing is in quarantine any more.
select p.seq from removal_plans p
where p.seq in (select unnest($seqs::bigint[])) and p.plan_id not in (select plan_id from quarantined)

-- name: removals_done(seqs)
-- How many files these removals moved, and what put the last of them back, where all are back.
select p.seq, count(r.plan_id) as files, case when bool_and(r.state = 'restored') then max(r.seq) end as undone_by
from removal_plans p left join removal_rows r using (plan_id)
where p.seq in (select unnest($seqs::bigint[])) group by p.seq

-- name: changes_by_id(change_id)
-- The events of one change that was written in several.
select seq from ledger_events where contains(payload, '"change_id":"' || $change_id || '"') order by seq

-- name: change_kinds(seqs)
-- What kinds of events these are.
select seq, kind, payload from ledger_events where seq in (select unnest($seqs::bigint[])) order by seq

-- name: changed_later(seqs)
-- Who changed the same fields of the same images after these changes: the latest first.
select h.seq, h.actor, count(distinct (h.image_id, h.field)) as values
from value_history h semi join (
    select distinct image_id, field from value_history where seq in (select unnest($seqs::bigint[]))
) t using (image_id, field)
where h.seq > (select max(s) from (select unnest($seqs::bigint[]) as s))
group by h.seq, h.actor order by h.seq desc

-- name: values_before(seqs)
-- What was entered, before these changes, for the fields that they touched; without an origin where nothing was.
with touched as (
    select distinct image_id, field from value_history where seq in (select unnest($seqs::bigint[]))
), earlier as (
    select h.* from value_history h semi join touched using (image_id, field)
    where h.seq < (select min(s) from (select unnest($seqs::bigint[]) as s))
), latest as (
    select image_id, field, max(seq) as seq from earlier group by image_id, field
)
select t.image_id, t.field, e.lang, coalesce(e.ordinal, 0) as ordinal, e.value, e.origin
from touched t left join latest l using (image_id, field)
left join earlier e on e.image_id = l.image_id and e.field = l.field and e.seq = l.seq
order by t.image_id, t.field, e.lang nulls first, e.ordinal

-- name: history_of(image_id)
-- What people did to the fields of one image, latest first.
select seq, "at", actor, field, lang, ordinal, value, what, origin, reason from history
where image_id = coalesce((select image_id from aliases where old_id = $image_id), $image_id)
order by seq desc, field, lang nulls first, ordinal

-- name: changed_since(seq)
-- Which of the `touched_values` somebody changed after an event, and who.
select h.image_id, h.field, max(h.seq) as seq, arg_max(h.actor, h.seq) as actor
from value_history h semi join touched_values using (image_id, field)
where h.seq > $seq group by h.image_id, h.field

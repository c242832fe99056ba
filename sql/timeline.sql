-- Named queries over everything that happened: to an image, to a batch, in a person's day.

-- name: events_naming(ids)
-- The events that name one of these images themselves, or change its values, or say what was received or embedded.
select distinct l.seq from ledger_events l join (select unnest($ids::varchar[]) as id) i on contains(l.payload, i.id)
union select seq from value_history where image_id in (select unnest($ids::varchar[]))
union select seq from receipts where image_id in (select unnest($ids::varchar[])) or moved_from in (select unnest($ids::varchar[]))
union select seq from embeds where image_id in (select unnest($ids::varchar[]))

-- name: bulky_events()
-- The events whose images stand in an attachment, which no table of the catalogue tells of whole.
select seq from ledger_events
where kind not in ('images_received', 'values_changed', 'files_embedded') and contains(payload, '"attachment_sha256"')
order by seq

-- name: events_of_batch(batch)
-- What happened to a batch, and to how many of its images.
with told as (
    select l.seq, null::bigint as images from ledger_events l
    where json_extract_string(l.payload, '$.batch') = $batch
       or json_extract_string(l.payload, '$.sample_id') in (select sample_id from samples where batch = $batch)
       or json_extract_string(l.payload, '$.task_id') in (select task_id from double_entries where batch = $batch)
    union all
    select h.seq, count(distinct h.image_id) from value_history h
    semi join image_facts f on f.image_id = h.image_id and f.batch = $batch group by h.seq
    union all
    select e.seq, count(distinct e.image_id) from embeds e
    semi join image_facts f on f.image_id = e.image_id and f.batch = $batch group by e.seq
)
select seq, max(images) as images from told group by seq order by seq

-- name: events_between(actor, since, until)
-- The events of a time, by one person or (NULL) by everybody.
select seq, null::bigint as images from ledger_events
where ($actor is null or actor = $actor) and "at" >= $since::timestamp and "at" < $until::timestamp
order by seq

-- name: paths_now(ids)
-- Where images are now, by the ids that events name them by; those that are gone have no row.
select u.id as image_id, f.path
from (select unnest($ids::varchar[]) as id) u
left join aliases a on a.old_id = u.id
join image_facts f on f.image_id = coalesce(a.image_id, u.id)

-- name: events_listed(seqs)
-- What the ledger says of these events.
select seq, event_id, "at", actor, kind, reason, payload, version from ledger_events
where seq in (select unnest($seqs::bigint[])) order by seq

-- name: value_steps(seqs, ids)
-- What these changes entered, and what had been entered before, for the fields that they touched; of these images only.
with touched as (
    select distinct seq, image_id, field from value_history
    where seq in (select unnest($seqs::bigint[])) and image_id in (select unnest($ids::varchar[]))
), earlier as (
    select t.seq, t.image_id, t.field, max(h.seq) as before
    from touched t join value_history h on h.image_id = t.image_id and h.field = t.field and h.seq < t.seq
    group by t.seq, t.image_id, t.field
)
select h.seq, h.image_id, h.field, false as earlier, h.lang, h.ordinal, h.value, h.origin
from value_history h semi join touched t on t.seq = h.seq and t.image_id = h.image_id and t.field = h.field
union all
select e.seq, e.image_id, e.field, true, h.lang, h.ordinal, h.value, h.origin
from earlier e join value_history h on h.image_id = e.image_id and h.field = e.field and h.seq = e.before
order by seq, image_id, field, earlier, lang nulls first, ordinal

-- name: values_at(image_id, seq)
-- The values of an image as they were after an event; what its file says is what the last scan read.
with latest as (
    select field, max(seq) as seq from value_history where image_id = $image_id and seq <= $seq group by field
), entered as (
    select h.field, h.lang, h.ordinal, h.value, h.origin, h.actor, h."at", h.seq
    from value_history h join latest l on l.field = h.field and l.seq = h.seq
    where h.image_id = $image_id and h.origin is not null
)
select field, lang, ordinal, value, origin, actor, "at", seq from entered where value is not null
union all
select v.field, v.lang, v.ordinal, v.value, v.origin, null, null, null
from file_values v where v.image_id = $image_id and v.field not in (select field from entered)
order by field, lang nulls first, ordinal

-- name: image_called(image_id)
-- An image by its id, or by one that it had before it was moved.
select f.image_id, f.name, f.path, f.batch, f.checksum, f.format, f.width, f.height from image_facts f
where f.image_id = coalesce((select image_id from aliases where old_id = $image_id), $image_id)

-- name: batch_called(batch)
-- A batch: how many images it has.
select count(*) as images from image_facts where batch = $batch having count(*) > 0

-- name: moment_seq(moment)
-- The last event up to a time.
select coalesce(max(seq), 0) as seq from ledger_events where "at" <= $moment::timestamp

-- name: busy_days(last)
-- Who did something on which day (UTC), the latest first: events that aren't turns in queues.
select actor, "at"::date as day, count(*) as events from ledger_events
where kind not in ('item_taken', 'item_returned') group by actor, "at"::date order by day desc, events desc limit $last

-- name: receipts_called(image_id)
-- An image that is there no more, as it was received last.
select r.image_id, regexp_extract(r.uri, '[^/]*$') as name, r.uri as path, r.batch, r.checksum, null as format,
       null as width, null as height
from receipts r where r.image_id = coalesce((select image_id from aliases where old_id = $image_id), $image_id)
order by r.seq desc limit 1

-- name: last_day_of(actor)
-- The last day (UTC) on which somebody did something.
select max("at")::date as day from ledger_events where actor = $actor having count(*) > 0

-- name: event_heads(seqs)
-- When these events happened, who did it, and what kind each is.
select seq, "at", actor, kind from ledger_events where seq in (select unnest($seqs::bigint[])) order by seq

-- name: ids_of_changes(seqs)
-- The images that these changes of values touched.
select distinct image_id from value_history where seq in (select unnest($seqs::bigint[])) order by image_id

-- name: changed_most(last)
-- The images that were changed most often: how many changes, by how many people, and when last.
select h.image_id, any_value(f.path) as path, any_value(f.batch) as batch, count(distinct h.seq) as changes,
       count(distinct h.actor) as people, max(h."at") as latest
from value_history h join image_facts f using (image_id)
group by h.image_id order by changes desc, people desc, h.image_id limit $last

-- What the tagging form asks. It asks ahead of the person, many images at a time; saving asks nothing.

-- name: tagging_facts(ids)
-- What the form shows of images besides their values, and where their files are.
select i.image_id, i.name, i.path, i.format, i.checksum, i.oriented_width as width, i.oriented_height as height, f.uri
from images i join image_facts f using (image_id)
where i.image_id in (select unnest($ids::varchar[]));

-- name: tagging_file_values(ids)
-- What the files of these images say, reconciled.
select image_id, field, lang, ordinal, value, origin
from file_values
where image_id in (select unnest($ids::varchar[]))
order by image_id, field, lang, ordinal;

-- name: tagging_entered(ids)
-- What was entered for these images; an entry without a value hides what the file says.
select image_id, field, lang, ordinal, value, origin, actor, "at", seq
from entered_values
where image_id in (select unnest($ids::varchar[]))
order by image_id, field, lang, ordinal;

-- name: tagging_conflicts(ids)
-- Where the carriers inside these images disagree.
select image_id, field, lang, exif, iptc, xmp, sidecar, shown, why
from metadata_conflicts
where image_id in (select unnest($ids::varchar[]))
order by image_id, field, lang;

-- name: tagging_queue(queue)
-- Where every image of a queue stands.
select coalesce(a.image_id, q.image_id) as image_id, q.outcome, q.holder, q.actor,
       strftime(q."at", '%Y-%m-%dT%H:%M:%S.%fZ') as "at", q.turn, q.seq
from queue_items q left join aliases a on a.old_id = q.image_id
where q.queue = $queue
order by q.seq;

-- name: tagging_applied()
-- How far the ledger has been applied.
select seq from applied;

-- name: tagging_history(image_id, field)
-- What people entered for a field of an image, cleared or took back, change by change.
select h.seq, h.what, h.lang, h.ordinal, h.value, h.origin, h.actor, h.reason,
       strftime(h."at", '%Y-%m-%dT%H:%M:%S.%fZ') as "at"
from history h
where h.image_id = $image_id and h.field = $field
order by h.seq, h.lang, h.ordinal;

-- name: tagging_terms(field, most)
-- The values of a field that the collection uses, the most frequent first: to offer while somebody types.
select value, count(*) as uses
from metadata
where field = $field and length(value) between 1 and 120
group by value
order by uses desc, value
limit $most;

-- name: tagging_without(field)
-- The images that have nothing in a field, neither in the file nor entered, in the order of their paths.
select i.image_id
from images i anti join (select image_id from metadata where field = $field) m using (image_id)
order by i.path;

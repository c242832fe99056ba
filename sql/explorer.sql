-- What the explorer asks beyond a search: whether the catalogue changed, and the files that have problems.

-- name: explorer_stamp()
-- Figures that change whenever the catalogue does: how far the ledger is applied, and the sizes of the tables.
select (select max(a.seq) from applied a) as seq, (select list(s.images order by s.value) from facet_stamp s) as sizes;

-- name: explorer_total()
-- How many images there are, and how many files with problems, those that never became an image apart.
select
    (select count(*) from image_facts) as images,
    (select count(distinct p.image_id) from file_problems p) as troubled,
    (select count(distinct p.image_id) from file_problems p
     where p.image_id not in (select f.image_id from image_facts f)) as unread;

-- name: explorer_problem_kinds(batches, sources)
-- The kinds of problem in these batches and sources (all, where none is named), and how many files have each.
select
    p.kind, min(p.stage) as stage, min(p.message) as message, count(distinct p.image_id) as files,
    count(distinct p.image_id) filter (p.is_image) as images
from problems p
where (len($batches::varchar[]) = 0 or p.batch = any($batches::varchar[]))
  and (len($sources::varchar[]) = 0 or p.source = any($sources::varchar[]))
group by p.kind
order by files desc, p.kind;

-- name: explorer_problem_files(kind, unread, batches, sources, skip, most)
-- The files with problems, by path: of one kind, or of all kinds (an empty one); only those that are no image, or all.
select p.image_id, p.path, p.source, p.batch, p.size, p.stage, p.kind, p.message, p.detail, p.is_image
from problems p
where ($kind = '' or p.kind = $kind) and not ($unread and p.is_image)
  and (len($batches::varchar[]) = 0 or p.batch = any($batches::varchar[]))
  and (len($sources::varchar[]) = 0 or p.source = any($sources::varchar[]))
order by p.path, p.image_id, p.stage, p.kind
limit $most offset $skip;

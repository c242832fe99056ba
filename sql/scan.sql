-- What a scan asks and writes. `incoming` and `measured…` are Arrow tables lent to the connection for one statement.

-- name: source_by_uri(uri)
-- The name a source already has.
select source from source_roots where uri = $uri

-- name: clear_listing(source)
-- Forget the listing of a scan of this source that didn't come to its end.
delete from scan_listing where source = $source

-- name: add_to_listing()
-- Note a piece of the listing.
insert into scan_listing (source, image_id, uri, path, size, mtime_ns, stage, kind, detail, todo)
select source, image_id, uri, path, size, mtime_ns, stage, kind, detail, true from incoming

-- name: mark_unchanged(source, again)
-- Nothing needs to be read where name, size and time are as they were; what failed for a passing reason is tried again.
update scan_listing set todo = false
from seen_files s
where scan_listing.source = $source and not $again and s.status = 'present'
  and s.image_id = scan_listing.image_id and s.size = scan_listing.size and s.mtime_ns = scan_listing.mtime_ns
  and (scan_listing.kind is null or (scan_listing.image_id, scan_listing.kind) in (select (image_id, kind) from file_problems))
  and (scan_listing.kind is not null or scan_listing.image_id not in (
      select image_id from file_problems
      where kind in ('timeout', 'crashed', 'out_of_memory') or (stage in ('list', 'read') and kind not in ('empty', 'not_an_image'))))

-- name: listing_counts(source)
-- How many files were listed, how many need to be read, how many bytes those have.
select count(*) as files, count(*) filter (todo) as todo, coalesce(sum(size) filter (todo and size > 0), 0)::bigint as bytes
from scan_listing where source = $source

-- name: listing_page(source, after, size)
-- The next files to be read, in order.
select image_id, uri, path, size, mtime_ns, stage, kind, detail from scan_listing
where source = $source and todo and uri > $after order by uri limit $size

-- name: known_receipts()
-- For each measured file that was received before: its last known checksum, and whether it has moved away since.
select r.image_id, arg_max(r.checksum, r.seq) as checksum, r.image_id in (select old_id from aliases) as moved_away
from receipts r where r.image_id in (select image_id from measured_files)
group by r.image_id

-- name: departed(source)
-- Files of this source that aren't where they were and had the bytes of one just measured: it may be them, moved.
with missing as (
    select image_id, uri, arg_max(checksum, seq) as checksum
    from receipts
    where source = $source
      and image_id in (select image_id from receipts where size > 0 and checksum in (select checksum from measured_files))
      and image_id not in (select image_id from scan_listing where source = $source)
      and image_id not in (select old_id from aliases)
      and image_id not in (select image_id from removal_rows where state <> 'restored' and leaves = '')
    group by image_id, uri
)
select m.checksum, m.image_id, m.uri from missing m
where m.checksum in (select checksum from measured_files)
  and not exists (
      select 1 from scan_listing u
      where u.source = $source and u.kind = 'unreadable_folder' and starts_with(m.uri, u.uri || '/'))
order by m.uri

-- name: forget_measured_images()
-- Make room for the new facts of files that are measured again, and of files that moved away.
delete from image_facts where image_id in (select image_id from outdated)

-- name: forget_measured_problems()
-- The same for their problems.
delete from file_problems where image_id in (select image_id from outdated)

-- name: forget_measured_embedded()
-- The same for what is embedded in them.
delete from embedded where image_id in (select image_id from outdated)

-- name: forget_measured_keywords()
-- The same for their keywords.
delete from keywords where image_id in (select image_id from outdated)

-- name: forget_measured_texts()
-- The same for their text.
delete from search_texts where image_id in (select image_id from outdated)

-- name: forget_measured_sidecars()
-- The same for what they say as sidecar files.
delete from sidecar_values where sidecar_id in (select image_id from outdated)

-- name: forget_measured_wide()
-- The same for their rows for auditing.
delete from metadata_wide where image_id in (select image_id from outdated)

-- name: forget_seen()
-- The same for the note that they were seen.
delete from seen_files where image_id in (select image_id from outdated)

-- name: add_seen()
-- Note that these files were read, as they were listed.
insert into seen_files (image_id, source, uri, size, mtime_ns, status)
select image_id, source, uri, size, mtime_ns, 'present' from measured_files

-- name: add_problems()
-- What is wrong with the files just read.
insert into file_problems (image_id, uri, source, batch, path, size, checksum, stage, kind, message, detail)
select p.image_id, m.uri, m.source, r.batch, m.path, m.real_size, m.checksum, p.stage, p.kind, p.message, nullif(p.detail, '')
from measured_problems p join measured_files m using (image_id)
join (
    select image_id, arg_max(batch, identity_order(seq, moved_from)) as batch
    from receipts where image_id in (select image_id from measured_files) group by image_id
) r using (image_id)

-- name: add_embedded()
-- What is embedded in the files just read.
insert into embedded (image_id, key, lang, ordinal, value)
select image_id, key, lang, ordinal, value from measured_embedded

-- name: add_sidecars()
-- What sidecar files say, with the URI they stand beside.
insert into sidecar_values (sidecar_id, beside, key, lang, ordinal, value)
select e.image_id, left(m.uri, length(m.uri) - length('.xmp')), e.key, e.lang, e.ordinal, e.value
from measured_embedded e join measured_files m using (image_id)
where e.image_id in (select image_id from measured_problems where kind = 'sidecar')

-- name: missing_ids(source, root)
-- Files that were there and weren't listed, now that the whole source has been; under a folder that can't be read,
-- nobody knows.
select s.image_id from seen_files s
where (s.source = $source or starts_with(s.uri, rtrim($root, '/') || '/'))
  and s.image_id not in (select image_id from scan_listing where source = $source)
  and not exists (
      select 1 from scan_listing u
      where u.source = $source and u.kind = 'unreadable_folder' and starts_with(s.uri, u.uri || '/'))

-- name: note_survey(source)
-- This catalogue has seen the whole of this source.
insert into surveys (source) select $source where $source not in (select source from surveys)

-- name: add_facts()
-- The facts of the images just read, with the batch they were first received in.
insert into image_facts by name
select m.*, coalesce(k.keyword_count, 0) as keyword_count, r.batch, r.received_at, r.moved_from
from measured_facts m join (
    select image_id, arg_max(batch, identity_order(seq, moved_from)) as batch,
           arg_max(received_at, identity_order(seq, moved_from)) as received_at, arg_max(moved_from, seq) as moved_from
    from receipts where image_id in (select image_id from measured_facts) group by image_id
) r using (image_id)
left join (select image_id, count(distinct fold(keyword)) as keyword_count from measured_keywords group by image_id) k
using (image_id)

-- name: add_keywords()
-- The keywords of the images just read, as written and folded for searching.
insert into keywords (keyword, folded, image_id)
select min(keyword), fold(keyword) as folded, image_id from measured_keywords group by folded, image_id

-- name: add_texts()
-- All text of the images just read, folded for searching.
insert into search_texts (image_id, folded) select image_id, fold(text) from measured_texts

-- name: outdated_ids()
-- Which of the files just read the catalogue already has facts of.
select image_id from seen_files where image_id in (select image_id from measured_files)

-- name: catalogue_counts()
-- How many images, files with problems, and files in all are catalogued.
select (select count(*) from image_facts) as images,
       (select count(distinct image_id) from file_problems) as problem_files,
       (select count(*) from seen_files) as files

-- name: keywords_in_order()
-- At the end of a scan, first step: the keywords in the order in which one is found without reading the others.
create or replace temp table ordered_keywords as select keyword, folded, image_id from keywords order by folded, image_id

-- name: clear_keywords()
-- Second step: make room for them.
delete from keywords

-- name: put_keywords_back()
-- Third step: in they go.
insert into keywords select keyword, folded, image_id from ordered_keywords order by folded, image_id

-- name: drop_ordered_keywords()
-- Last step.
drop table ordered_keywords

-- Files were renamed or moved to other folders, each to a name of its own; several may have passed names round among them. What is
-- known of a file, and what was entered for it, goes along. Files that a scan has recognised meanwhile are left out.
create or replace temp table renamed as
select e.image_id as old_id, e.new_id, e.new_uri, e.name, e.folder as new_folder, e.seq, r.source, r.batch, r.size, r.checksum, r.received_at
from event_rows e join (
    select image_id, arg_max(source, seq) as source, arg_max(batch, identity_order(seq, moved_from)) as batch,
           arg_max(size, seq) as size, arg_max(checksum, seq) as checksum,
           arg_max(received_at, identity_order(seq, moved_from)) as received_at
    from receipts where image_id in (select image_id from event_rows) group by image_id
) r using (image_id)
anti join aliases a on a.old_id = e.image_id and a.image_id = e.new_id;

insert into receipts (image_id, source, batch, uri, size, checksum, moved_from, received_at, seq)
select new_id, source, batch, new_uri, size, checksum, old_id, received_at, seq from renamed;

delete from aliases where old_id in (select new_id from renamed);
update aliases set image_id = r.new_id from renamed r where r.old_id = aliases.image_id;
insert into aliases (old_id, image_id) select old_id, new_id from renamed where old_id not in (select new_id from renamed);

-- What is left of files that had these names before and are gone.
create or replace temp table displaced as select new_id as image_id from renamed where new_id not in (select old_id from renamed);
delete from entered_values where image_id in (select image_id from displaced);
delete from value_history where image_id in (select image_id from displaced);
delete from image_facts where image_id in (select image_id from displaced);
delete from file_problems where image_id in (select image_id from displaced);
delete from embedded where image_id in (select image_id from displaced);
delete from keywords where image_id in (select image_id from displaced);
delete from search_texts where image_id in (select image_id from displaced);
delete from seen_files where image_id in (select image_id from displaced);
delete from file_values where image_id in (select image_id from displaced);
delete from value_conflicts where image_id in (select image_id from displaced);
delete from sidecar_values where sidecar_id in (select image_id from displaced);
delete from metadata_wide where image_id in (select image_id from displaced);
delete from pair_facts where image_a in (select image_id from displaced) or image_b in (select image_id from displaced);
delete from cluster_rows where cluster_id in (
    select cluster_id from cluster_rows where image_id in (select image_id from displaced));
delete from queue_items where image_id in (select image_id from displaced);
delete from suggestion_rows where image_id in (select image_id from displaced);
delete from suggestion_decisions where image_id in (select image_id from displaced);
delete from audit_findings where image_id in (select image_id from displaced);
delete from ignored_findings where image_id in (select image_id from displaced);
delete from embeds where image_id in (select image_id from displaced);
drop table displaced;

update search_texts
set image_id = r.new_id,
    folded = case when starts_with(folded, fold(f.path))
                  then fold(concat_ws('/', nullif(coalesce(r.new_folder, f.folder), ''), r.name)) || substr(folded, length(fold(f.path)) + 1) else folded end
from renamed r join image_facts f on f.image_id = r.old_id where r.old_id = search_texts.image_id;
update image_facts
set image_id = r.new_id, uri = r.new_uri, name = r.name, folder = coalesce(r.new_folder, folder),
    path = concat_ws('/', nullif(coalesce(r.new_folder, folder), ''), r.name), moved_from = r.old_id
from renamed r where r.old_id = image_facts.image_id;
update file_problems
set image_id = r.new_id, uri = r.new_uri, 
    path = case when r.new_folder is null then regexp_replace(path, '[^/]*$', '') || r.name
                else concat_ws('/', nullif(r.new_folder, ''), r.name) end
from renamed r where r.old_id = file_problems.image_id;
update seen_files set image_id = r.new_id, uri = r.new_uri from renamed r where r.old_id = seen_files.image_id;
update entered_values set image_id = r.new_id from renamed r where r.old_id = entered_values.image_id;
update value_history set image_id = r.new_id from renamed r where r.old_id = value_history.image_id;
update embedded set image_id = r.new_id from renamed r where r.old_id = embedded.image_id;
update keywords set image_id = r.new_id from renamed r where r.old_id = keywords.image_id;
update file_values set image_id = r.new_id from renamed r where r.old_id = file_values.image_id;
update value_conflicts set image_id = r.new_id from renamed r where r.old_id = value_conflicts.image_id;
update sidecar_values set sidecar_id = r.new_id, beside = left(r.new_uri, length(r.new_uri) - length('.xmp'))
from renamed r where r.old_id = sidecar_values.sidecar_id;
update metadata_wide set image_id = r.new_id, name = r.name, folder = coalesce(r.new_folder, folder) from renamed r where r.old_id = metadata_wide.image_id;
update stale_metadata set image_id = r.new_id from renamed r where r.old_id = stale_metadata.image_id;
update cluster_rows set image_id = r.new_id from renamed r where r.old_id = cluster_rows.image_id;
update cluster_parts set image_id = r.new_id from renamed r where r.old_id = cluster_parts.image_id;
update companion_files set image_id = r.new_id from renamed r where r.old_id = companion_files.image_id;
update companion_files set companion_id = r.new_id from renamed r where r.old_id = companion_files.companion_id;

create or replace temp table renamed_pairs as
select p.image_a as old_a, p.image_b as old_b, coalesce(a.new_id, p.image_a) as new_a, coalesce(b.new_id, p.image_b) as new_b
from (select distinct image_a, image_b from pair_facts) p
left join renamed a on a.old_id = p.image_a left join renamed b on b.old_id = p.image_b
where a.new_id is not null or b.new_id is not null;
update pair_facts
set image_a = least(r.new_a, r.new_b), image_b = greatest(r.new_a, r.new_b),
    checksum_a = case when r.new_a < r.new_b then checksum_a else checksum_b end,
    checksum_b = case when r.new_a < r.new_b then checksum_b else checksum_a end
from renamed_pairs r where r.old_a = pair_facts.image_a and r.old_b = pair_facts.image_b;
drop table renamed_pairs;
update queue_items set image_id = r.new_id from renamed r where r.old_id = queue_items.image_id;
update suggestion_rows set image_id = r.new_id from renamed r where r.old_id = suggestion_rows.image_id;
update suggestion_decisions set image_id = r.new_id from renamed r where r.old_id = suggestion_decisions.image_id;
update audit_findings set image_id = r.new_id from renamed r where r.old_id = audit_findings.image_id;
update ignored_findings set image_id = r.new_id from renamed r where r.old_id = ignored_findings.image_id;
update embeds set image_id = r.new_id, uri = r.new_uri from renamed r where r.old_id = embeds.image_id;
update entry_rows set image_id = r.new_id from renamed r where r.old_id = entry_rows.image_id;
update entries_finished set image_id = r.new_id from renamed r where r.old_id = entries_finished.image_id;
update double_entry_images set image_id = r.new_id from renamed r where r.old_id = double_entry_images.image_id;
update compared_rows set image_id = r.new_id from renamed r where r.old_id = compared_rows.image_id;
update adjudication_rows set image_id = r.new_id from renamed r where r.old_id = adjudication_rows.image_id;
update gold_rows set image_id = r.new_id from renamed r where r.old_id = gold_rows.image_id;
update gold_answer_rows set image_id = r.new_id from renamed r where r.old_id = gold_answer_rows.image_id;
delete from facet_counts where exists (select 1 from renamed where new_folder is not null);

drop table renamed;

-- A file is catalogued twice.
select 'image_facts' as "table", image_id, count(*) as "rows" from image_facts group by image_id having count(*) > 1
union all
select 'seen_files', image_id, count(*) from seen_files group by image_id having count(*) > 1
union all
select 'search_texts', image_id, count(*) from search_texts group by image_id having count(*) > 1
union all
select 'keywords', image_id || ' ' || folded, count(*) from keywords group by image_id, folded having count(*) > 1;

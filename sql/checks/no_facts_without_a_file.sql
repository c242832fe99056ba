-- Facts are catalogued of a file that wasn't seen.
select 'image_facts' as "table", image_id from image_facts where image_id not in (select image_id from seen_files)
union
select 'file_problems', image_id from file_problems where image_id not in (select image_id from seen_files)
union
select 'embedded', image_id from embedded where image_id not in (select image_id from seen_files)
union
select 'sidecar_values', sidecar_id from sidecar_values where sidecar_id not in (select image_id from seen_files)
union
select 'file_values', image_id from file_values where image_id not in (select image_id from image_facts)
union
select 'value_conflicts', image_id from value_conflicts where image_id not in (select image_id from image_facts)
union
select 'keywords', image_id from keywords where image_id not in (select image_id from image_facts)
union
select 'search_texts', image_id from search_texts where image_id not in (select image_id from image_facts);

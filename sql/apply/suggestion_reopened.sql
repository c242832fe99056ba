-- Somebody took rejections of suggestions back: whatever was decided before holds again, and the same model may propose them again.
delete from suggestion_decisions using (
    select coalesce(a.image_id, e.image_id) as image_id, e.field, e.lang, e.suggested, e.suggester, e.model, e.seq
    from event_rows e left join aliases a on a.old_id = e.image_id
) n
where suggestion_decisions.decision = 'rejected' and suggestion_decisions.seq < n.seq
  and coalesce((select a.image_id from aliases a where a.old_id = suggestion_decisions.image_id), suggestion_decisions.image_id) = n.image_id
  and suggestion_decisions.field = n.field and suggestion_decisions.lang is not distinct from n.lang
  and suggestion_decisions.suggested = n.suggested and suggestion_decisions.suggester = n.suggester
  and suggestion_decisions.model = n.model;

-- Somebody rejected suggestions: they aren't made again.
insert into suggestion_decisions (
    suggestion_id, image_id, field, lang, value, suggested, suggester, confidence, model, version, decision, actor, "at", seq)
select suggestion_id, image_id, field, lang, null, suggested, suggester, confidence, model, version, 'rejected', actor, "at"::timestamp, seq
from event_rows;

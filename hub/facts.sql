-- Gather: turns questions about customers into facts, one row per question, record and jurisdiction.
--
-- A question's customer may be several merged records, and a record may live under several jurisdictions; each gets a
-- row, and the strictest decision is kept. Unknown anything takes the restrictive value. Ranks are positions in the
-- lists named beside them, so that the worst of several categories is the greatest rank.
--
-- $1 organisation  $2 instant (NULL: now)  {law}: the dated numbers of the law (hub.policy.parameters), as JSON
-- then arrays, one element a question, in which NULL means "not given":
-- $3 customer  $4 act  $5, $6 purpose id, key  $7, $8 recipient id, key  $9, $10 arrangement id, key
-- $11 channel  $12, $13 department id, key  $14 categories ('{id,...}')
WITH moment AS MATERIALIZED (
    SELECT coalesce($2::timestamptz, now()) AS at, {law}::jsonb AS law
), question AS MATERIALIZED (
    SELECT a.number, a.customer_id, a.act, a.channel, a.categories::uuid[] AS categories,
        p.id AS purpose_id, p.kind AS purpose_kind, p.categories AS purpose_categories, p.retention_months,
        p.retired_at, r.id AS recipient_id, r.country, g.id AS arrangement_id, d.id AS department_id,
        d.id = ANY (p.departments) AS need_to_know, o.strict_sharing,
        ARRAY(SELECT m.recipient_class_id FROM recipient_membership m, moment
              WHERE m.recipient_id = r.id AND m.starts_on <= moment.at::date
                AND (m.ends_on IS NULL OR m.ends_on >= moment.at::date)) AS classes
    FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::uuid[], $10::text[],
                $11::text[], $12::uuid[], $13::text[], $14::text[]) WITH ORDINALITY
        AS a (customer_id, act, purpose_id, purpose_key, recipient_id, recipient_key, arrangement_id, arrangement_key,
              channel, department_id, department_key, categories, number)
    JOIN organisation o ON o.id = $1
    LEFT JOIN purpose p ON p.organisation_id = $1 AND (p.id = a.purpose_id OR p.key = a.purpose_key)
    LEFT JOIN recipient r ON r.organisation_id = $1 AND (r.id = a.recipient_id OR r.key = a.recipient_key)
    LEFT JOIN arrangement g ON g.organisation_id = $1 AND g.recipient_id = r.id
        AND (g.id = a.arrangement_id OR g.key = a.arrangement_key)
    LEFT JOIN department d ON d.organisation_id = $1 AND (d.id = a.department_id OR d.key = a.department_key)
), subject AS MATERIALIZED (
    SELECT q.*, s.customer_id AS record_id, j.jurisdiction, s.relationship, s.relationship_at, s.age, s.restricted, s.held,
        s.erased, s.contact_at, s.collections, s.deliveries, s.choices, s.registries
    FROM question q
    JOIN customer c ON c.id = q.customer_id
    CROSS JOIN LATERAL (
        SELECT m.id FROM customer m WHERE m.id = coalesce(c.survivor_id, c.id)
        UNION ALL SELECT m.id FROM customer m WHERE m.survivor_id = coalesce(c.survivor_id, c.id)
    ) family
    CROSS JOIN moment
    CROSS JOIN LATERAL (
        SELECT s.* FROM customer_state s
        WHERE s.organisation_id = $1 AND s.customer_id = family.id AND s.valid_from <= moment.at
        ORDER BY s.valid_from DESC LIMIT 1
    ) s
    LEFT JOIN LATERAL unnest(s.jurisdictions) AS j (jurisdiction) ON true
)
SELECT s.number, s.customer_id, s.record_id, moment.at,
    s.purpose_id, s.recipient_id, s.arrangement_id AS given_arrangement_id, s.department_id, s.retired_at,
    s.jurisdiction,
    s.purpose_kind,
    fit.purpose_fit,
    touched.source,
    CASE WHEN touched.uncollected THEN 'MISSING' ELSE told.notice END AS notice,
    CASE WHEN s.recipient_id IS NULL THEN 'INTERNAL'
         WHEN agreed.kind = 'PROCESSOR' THEN 'PROCESSOR'
         WHEN agreed.id IS NULL THEN 'UNCOVERED'
         ELSE fit.recipient END AS recipient,
    CASE WHEN coalesce(agreed.starts_on, nearest.starts_on) > touched.first_on
         THEN 'AFTER_COLLECTION' ELSE 'AT_COLLECTION' END AS arrangement,
    coalesce(s.need_to_know, false) AS need_to_know,
    s.strict_sharing,
    coalesce(basis.basis, 'NONE') AS basis,
    agreement.consent,
    CASE WHEN s.purpose_kind <> 'MARKETING' OR stop.marketing_at IS NULL THEN 'NONE'
         WHEN agreement.given_at > stop.marketing_at THEN 'REVERSED' ELSE 'OPTED_OUT' END AS marketing_choice,
    CASE WHEN stop.sharing_at IS NOT NULL
              AND NOT (agreement.consent IN ('EXPLICIT', 'GUARDIAN') AND agreement.given_at > stop.sharing_at)
         THEN 'OPTED_OUT'
         WHEN stop.signal_at IS NOT NULL
              AND NOT (agreement.consent IN ('EXPLICIT', 'GUARDIAN') AND agreement.given_at > stop.signal_at)
         THEN CASE WHEN s.jurisdiction = 'US_CA' AND s.act IN ('SELL', 'POOL') THEN 'SIGNAL' ELSE 'OPTED_OUT' END
         ELSE 'NONE' END AS sharing_choice,
    stop.limited AS limit_sensitive,
    stop.objection,
    touched.offered AS optout_at_collection,
    s.relationship,
    CASE WHEN s.jurisdiction IN ('MA', 'EU') THEN false ELSE coalesce(registry.blocked, true) END AS registry_block,
    touched.data,
    basis.special_condition IS NOT NULL AS special_condition,
    coalesce(moment.law -> 'ages' -> s.jurisdiction ->> s.age, 'ADULT') AS age,
    CASE WHEN s.erased THEN 'ERASED' WHEN s.held THEN 'HOLD' WHEN s.restricted THEN 'RESTRICTED'
         WHEN s.relationship = 'CLOSED'
              AND s.relationship_at + make_interval(months => s.retention_months) <= moment.at THEN 'EXPIRED'
         WHEN s.relationship IN ('NONE', 'NEGOTIATING')
              AND coalesce(greatest(s.contact_at, s.relationship_at), touched.last_at)
                  + make_interval(months => (moment.law ->> 'prospect_months')::integer) <= moment.at THEN 'EXPIRED'
         ELSE 'LIVE' END AS record_state,
    'NONE' AS formality,
    CASE WHEN s.recipient_id IS NULL THEN 'DOMESTIC'
         WHEN moment.law -> 'home' -> s.jurisdiction ? place.country THEN 'DOMESTIC'
         WHEN moment.law -> 'unrestricted' ? s.jurisdiction
             OR moment.law -> 'adequate' -> s.jurisdiction ? place.country THEN 'ADEQUATE'
         WHEN agreed.safeguard <> 'NONE' AND s.jurisdiction <> 'MA' THEN 'SAFEGUARDED'
         WHEN agreement.transfer THEN 'CONSENTED'
         ELSE 'UNSAFE' END AS destination,
    agreed.id AS arrangement_id,
    fit.clause_id, fit.clause_key, fit.clause_texts, fit.version_id, fit.version_number, fit.notice_key, fit.notice_name,
    fit.is_primary, fit.delivery_id, fit.shown_at, fit.shown_locale, fit.shown_how,
    touched.collection_id, touched.first_at AS collected_at, touched.unknown AS unknown_category,
    sealing.wrapped
FROM subject s
CROSS JOIN moment
-- The arrangement that covers purpose, act and any categories named, today; the oldest if there are several.
LEFT JOIN LATERAL (
    SELECT a.id, a.kind, a.starts_on, a.destination_country, a.safeguard, a.categories FROM arrangement a
    WHERE a.organisation_id = $1 AND a.recipient_id = s.recipient_id
      AND (s.arrangement_id IS NULL OR a.id = s.arrangement_id)
      AND a.starts_on <= moment.at::date AND (a.ends_on IS NULL OR a.ends_on >= moment.at::date)
      AND s.purpose_id = ANY (a.purposes) AND (s.categories IS NULL OR s.categories <@ a.categories)
      AND a.kind = ANY (CASE s.act WHEN 'SELL' THEN ARRAY['SALE', 'RENTAL'] WHEN 'POOL' THEN ARRAY['POOLING']
                        WHEN 'DISCLOSE' THEN ARRAY['REFERRAL', 'ALLIANCE', 'PROCESSOR'] ELSE ARRAY['PROCESSOR'] END)
    ORDER BY a.starts_on, a.id LIMIT 1
) agreed ON s.recipient_id IS NOT NULL
-- Which data the question touches: the categories named, else those of the purpose (and of the arrangement, which hands
-- over no others) that are held, else all of those.
LEFT JOIN LATERAL (
    WITH held AS (
        SELECT h.* FROM jsonb_to_recordset(s.collections)
            AS h (category uuid, id uuid, source text, at timestamptz, version uuid, offered boolean)
    ), meant AS (
        SELECT p.category FROM unnest(s.purpose_categories) AS p (category)
        WHERE agreed.id IS NULL OR p.category = ANY (agreed.categories)
    ), wanted AS (
        SELECT unnest(coalesce(s.categories, nullif(ARRAY(SELECT category FROM held JOIN meant USING (category)), '{}'),
            nullif(ARRAY(SELECT category FROM meant), '{}'), s.purpose_categories)) AS category
    )
    SELECT jsonb_agg(jsonb_build_object('category', w.category, 'at', h.at, 'version', h.version,
               'special', k.data IN ('SENSITIVE', 'BIOMETRIC', 'CRIMINAL')) ) AS intake,
        bool_or(h.id IS NULL) AS uncollected, bool_or(k.data IS NULL) AS unknown,
        CASE WHEN bool_or(h.id IS NULL OR h.source = 'THIRD_PARTY') THEN 'THIRD_PARTY'
             WHEN bool_or(h.source = 'PUBLIC') THEN 'PUBLIC' ELSE 'CUSTOMER' END AS source,
        coalesce(bool_and(h.offered), false) AS offered,
        min(h.at) AS first_at, min(h.at)::date AS first_on, max(h.at) AS last_at,
        (array_agg(h.id ORDER BY h.at) FILTER (WHERE h.id IS NOT NULL))[1] AS collection_id,
        (ARRAY['ORDINARY', 'NATIONAL_ID', 'SENSITIVE', 'BIOMETRIC', 'CRIMINAL'])[max(array_position(
            ARRAY['ORDINARY', 'NATIONAL_ID', 'SENSITIVE', 'BIOMETRIC', 'CRIMINAL'], k.data))] AS data
    FROM wanted w
    LEFT JOIN held h USING (category)
    LEFT JOIN LATERAL (
        SELECT coalesce(c.sensitivity_by_jurisdiction ->> s.jurisdiction, c.sensitivity) AS data
        FROM category c WHERE c.id = w.category
    ) k ON true
) touched ON true
-- Was a notice that passes the linter of this jurisdiction delivered?
LEFT JOIN LATERAL (
    SELECT CASE WHEN count(*) = 0 THEN 'MISSING' WHEN bool_or(v.complete) THEN 'GIVEN' ELSE 'INCOMPLETE' END AS notice
    FROM jsonb_to_recordset(s.deliveries) AS t (version uuid, at timestamptz)
    LEFT JOIN notice_verdict v ON v.notice_version_id = t.version AND v.jurisdiction = s.jurisdiction
) told ON true
LEFT JOIN LATERAL (
    SELECT a.starts_on FROM arrangement a
    WHERE a.organisation_id = $1 AND a.recipient_id = s.recipient_id AND s.purpose_id = ANY (a.purposes)
    ORDER BY a.starts_on LIMIT 1
) nearest ON s.recipient_id IS NOT NULL AND agreed.id IS NULL
LEFT JOIN LATERAL (SELECT coalesce(agreed.destination_country, s.country) AS country) place ON true
LEFT JOIN purpose_basis basis ON basis.purpose_id = s.purpose_id AND basis.jurisdiction = s.jurisdiction
-- What the notice shown to this customer says of this purpose and this recipient; the worst of the categories.
LEFT JOIN LATERAL (
    WITH delivered AS (
        SELECT t.version, t.at, t.id, t.locale
        FROM jsonb_to_recordset(s.deliveries) AS t (version uuid, at timestamptz, id uuid, locale text)
    ), governing AS (  -- Australia: the version shown at collection. Elsewhere a later delivery widens.
        SELECT i.category, i.special, v.version FROM jsonb_to_recordset(touched.intake)
            AS i (category uuid, at timestamptz, version uuid, special boolean)
        LEFT JOIN LATERAL (
            SELECT coalesce(i.version,
                (SELECT t.version FROM delivered t WHERE t.at <= i.at ORDER BY t.at DESC LIMIT 1),
                (SELECT t.version FROM delivered t WHERE t.at <= i.at
                    + make_interval(days => (moment.law ->> 'practicable_days')::integer) ORDER BY t.at LIMIT 1)) AS version
            WHERE s.jurisdiction = 'AU' AND i.at IS NOT NULL
            UNION SELECT i.version WHERE s.jurisdiction <> 'AU' AND i.version IS NOT NULL
            UNION SELECT t.version FROM delivered t WHERE s.jurisdiction <> 'AU' AND i.at IS NOT NULL
        ) v ON true
    ), promise AS MATERIALIZED (  -- what the governing versions say of this purpose, each clause looked at once
        SELECT c.id, c.key, c.texts, c.is_primary, c.notice_version_id, c.categories, f.fit, t.at AS told_at,
            CASE WHEN s.recipient_id = ANY (c.recipients) THEN 1 WHEN s.classes && c.recipient_classes THEN 2
                 ELSE 3 END AS reach
        FROM clause c
        LEFT JOIN purpose_relation l ON l.purpose_id = s.purpose_id AND l.related_to_id = c.purpose_id AND c.is_primary
        LEFT JOIN delivered t ON t.version = c.notice_version_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.purpose_id = s.purpose_id THEN CASE WHEN c.is_primary THEN 1 ELSE 2 END
                        WHEN l.kind = 'DIRECTLY' THEN 3 WHEN l.kind = 'RELATED' THEN 4 END AS fit
        ) f
        WHERE c.notice_version_id IN (SELECT g.version FROM governing g) AND f.fit IS NOT NULL
          AND (s.channel IS NULL OR c.channels = '{}' OR s.channel = ANY (c.channels))
    ), read AS MATERIALIZED (
        SELECT DISTINCT ON (g.category) g.category, p.id, p.key, p.texts, p.is_primary, p.notice_version_id,
            coalesce(p.fit, 5) AS fit, coalesce(p.reach, 3) AS reach
        FROM governing g
        LEFT JOIN promise p ON p.notice_version_id = g.version AND g.category = ANY (p.categories)
        ORDER BY g.category,  -- for sensitive data a directly related purpose is tested before a named one
            CASE WHEN g.special THEN CASE coalesce(p.fit, 5) WHEN 2 THEN 3 WHEN 3 THEN 2 ELSE coalesce(p.fit, 5) END
                 ELSE coalesce(p.fit, 5) END,
            coalesce(p.reach, 3), p.told_at DESC NULLS LAST, p.key
    ), worst AS (
        SELECT (ARRAY['PRIMARY', 'NAMED', 'DIRECTLY_RELATED', 'RELATED', 'NEW'])[max(r.fit)] AS purpose_fit,
               (ARRAY['NAMED', 'CLASS', 'UNCOVERED'])[max(r.reach)] AS recipient
        FROM read r
    ), cited AS (
        SELECT r.* FROM read r WHERE r.id IS NOT NULL
        ORDER BY r.reach DESC, r.fit DESC, r.category LIMIT 1
    ), version AS MATERIALIZED (  -- without a clause, what is cited is the version that was found wanting
        SELECT coalesce((SELECT c.notice_version_id FROM cited c),
            (SELECT g.version FROM governing g LEFT JOIN delivered t ON t.version = g.version
             WHERE g.version IS NOT NULL ORDER BY t.at DESC NULLS LAST LIMIT 1)) AS id
    )
    SELECT worst.purpose_fit, worst.recipient, cited.id AS clause_id, cited.key AS clause_key, cited.texts AS clause_texts,
        cited.is_primary, version.id AS version_id, v.number AS version_number, n.key AS notice_key, n.name AS notice_name,
        t.id AS delivery_id, t.at AS shown_at, t.locale AS shown_locale,
        (SELECT y.how FROM delivery y WHERE y.id = t.id) AS shown_how
    FROM worst CROSS JOIN version
    LEFT JOIN cited ON true
    LEFT JOIN notice_version v ON v.id = version.id
    LEFT JOIN notice n ON n.id = v.notice_id
    LEFT JOIN delivered t ON t.version = version.id
) fit ON true
-- The customer's own words: consent counts on its exact scope, a no on any scope that covers.
LEFT JOIN LATERAL (
    WITH said AS (
        SELECT c.* FROM jsonb_to_recordset(s.choices) AS c (kind text, purpose uuid, channel text, recipient uuid,
            action text, at timestamptz, ends timestamptz, grade text)
        WHERE c.kind IN ('CONSENT', 'TRANSFER')
    ), last AS (
        SELECT c.* FROM said c
        WHERE c.kind = 'CONSENT' AND c.purpose = s.purpose_id AND CASE WHEN c.action = 'GIVEN'
            THEN c.channel IS NOT DISTINCT FROM s.channel
                 AND c.recipient IS NOT DISTINCT FROM CASE WHEN agreed.kind = 'PROCESSOR' THEN NULL ELSE s.recipient_id END
            ELSE (c.channel IS NULL OR c.channel = s.channel) AND (c.recipient IS NULL OR c.recipient = s.recipient_id) END
        ORDER BY c.at DESC, c.action = 'GIVEN' LIMIT 1
    )
    SELECT coalesce((SELECT CASE
            WHEN l.action <> 'GIVEN' THEN l.action
            WHEN l.ends <= moment.at THEN 'EXPIRED'
            WHEN l.ends IS NULL AND s.jurisdiction = 'AU' AND s.channel IN ('PHONE', 'AUTO_CALL')
                 AND l.at + make_interval(months => (moment.law ->> 'call_consent_months')::integer) <= moment.at THEN 'EXPIRED'
            WHEN l.ends IS NULL AND greatest(l.at, s.contact_at)
                 + make_interval(months => (moment.law ->> 'consent_months')::integer) <= moment.at THEN 'EXPIRED'
            WHEN l.grade = 'GUARDIAN' AND s.age = 'ADULT' THEN 'EXPIRED'
            ELSE l.grade END FROM last l), 'NEVER_ASKED') AS consent,
        (SELECT l.at FROM last l WHERE l.action = 'GIVEN') AS given_at,
        EXISTS (SELECT FROM said t WHERE t.kind = 'TRANSFER' AND t.recipient = s.recipient_id AND t.action = 'GIVEN'
                AND (t.ends IS NULL OR t.ends > moment.at)
                AND NOT EXISTS (SELECT FROM said w WHERE w.kind = 'TRANSFER' AND w.recipient = t.recipient
                                AND w.action = 'WITHDRAWN' AND w.at >= t.at)) AS transfer
) agreement ON true
LEFT JOIN LATERAL (
    SELECT max(c.at) FILTER (WHERE c.kind = 'MARKETING' AND (c.channel IS NULL OR c.channel = s.channel)) AS marketing_at,
        CASE WHEN (array_agg(c.action ORDER BY c.at DESC, c.action DESC) FILTER (WHERE c.kind = 'SHARING'))[1] = 'OPTED_OUT'
             THEN max(c.at) FILTER (WHERE c.kind = 'SHARING') END AS sharing_at,
        CASE WHEN (array_agg(c.action ORDER BY c.at DESC, c.action DESC) FILTER (WHERE c.kind = 'SIGNAL'))[1] = 'OPTED_OUT'
             THEN max(c.at) FILTER (WHERE c.kind = 'SIGNAL') END AS signal_at,
        coalesce((array_agg(c.action ORDER BY c.at DESC, c.action DESC) FILTER (WHERE c.kind = 'LIMIT'))[1] = 'OPTED_OUT',
            false) AS limited,
        coalesce((ARRAY['UPHELD', 'PENDING', 'OVERRULED'])[min(array_position(
            ARRAY['UPHELD', 'PENDING', 'OVERRULED'], c.action)) FILTER (WHERE c.kind = 'OBJECTION')], 'NONE') AS objection
    FROM jsonb_to_recordset(s.choices) AS c (kind text, purpose uuid, channel text, recipient uuid, action text,
        at timestamptz)
    WHERE c.kind IN ('MARKETING', 'SHARING', 'SIGNAL', 'LIMIT', 'OBJECTION')
      AND (c.purpose IS NULL OR c.purpose = s.purpose_id) AND (c.recipient IS NULL OR c.recipient = s.recipient_id)
) stop ON true
-- An unchecked number, or one checked too long ago, counts as listed.
LEFT JOIN LATERAL (
    SELECT bool_or(k.listed OR k.at + make_interval(days => (moment.law -> 'wash_days' ->> s.jurisdiction)::integer)
                   <= moment.at) AS blocked
    FROM jsonb_to_recordset(s.registries) AS k (jurisdiction text, listed boolean, at timestamptz)
    WHERE k.jurisdiction = s.jurisdiction
) registry ON true
LEFT JOIN keys.customer_key sealing ON sealing.customer_id = s.record_id
ORDER BY s.number, s.record_id, s.jurisdiction

-- clairon.db: whether a decision is there already, and when the last withdrawal was, is found without a look at the rest of the history.
DROP INDEX consent_by_subscription;
CREATE INDEX consent_by_decision ON consent (subscription, profile, state, at);

-- clairon.db: the configured accounts, so that other tables can name them by a small number.
CREATE TABLE account (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL CHECK (channel IN
            ('apns','fcm','webpush','messenger','whatsapp','line','wechat','sms','inapp'))
) STRICT;

package credentials

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imgrename/batch/ecs"
)

// labels are the names under which the parts of keys were found.
type labels struct{ id, secret, token string }

var (
	configLabels = labels{"access_key_id", "access_key_secret", "sts_token"}
	answerLabels = labels{"AccessKeyId", "AccessKeySecret", "SecurityToken"}
)

// keys makes keys of their parts, of which the token may be empty, unless one
// has a byte that must not be sent.
func (l labels) keys(id, secret, token string, expires time.Time) (keys, error) {
	for _, part := range []struct{ name, value string }{{l.id, id}, {l.secret, secret}, {l.token, token}} {
		if part.value == "" && part.name != l.token {
			return keys{}, refuse("%s is empty", part.name)
		}
		if what := flaw(part.value); what != "" {
			return keys{}, refuse("%s %s", part.name, what).advise("remove that character")
		}
	}
	return keys{ecs.Credentials{
		AccessKeyID: id, AccessKeySecret: ecs.NewSecret(secret), SecurityToken: ecs.NewSecret(token),
	}, expires}, nil
}

// flaw says which byte makes a text unfit for a header, where nobody would see
// it, and "" if none does. It shows nothing else of the text.
func flaw(s string) string {
	bad := func(r rune) bool { return r <= ' ' || r > '~' }
	i := strings.IndexFunc(s, bad)
	if i < 0 {
		return ""
	}
	where := "contains "
	switch {
	case strings.TrimFunc(s[i:], bad) == "":
		where = "ends with "
	case i == 0:
		where = "begins with "
	}
	switch c := s[i]; {
	case c == ' ':
		return where + "a blank"
	case c == '\t':
		return where + "a tab"
	case c == '\n', c == '\r':
		return where + "a newline"
	case c < ' ', c == 0x7f:
		return where + "a control character"
	}
	return where + "a character outside ASCII"
}

// session is the form in which servers hand out session keys. Names compare
// without regard to case.
type session struct{ Code, AccessKeyID, AccessKeySecret, SecurityToken, Expiration string }

// keys checks a session that host gave.
func (s session) keys(host string) (keys, error) {
	switch {
	case s.Code != "" && s.Code != "Success":
		return keys{}, refuse("%s: it gave no keys: %s", host, word(s.Code))
	case s.SecurityToken == "":
		return keys{}, refuse("%s: it gave no keys", host)
	}
	expires, err := expiry(s.Expiration)
	if err != nil {
		return keys{}, refuse("%s: Expiration is not a time", host)
	}
	k, err := answerLabels.keys(s.AccessKeyID, s.AccessKeySecret, s.SecurityToken, expires)
	if r, ok := asRefusal(err); ok {
		return keys{}, refuse("%s: %s", host, r.reason)
	}
	return k, err
}

// parseSession reads a session from a reply that holds nothing else.
func parseSession(host string, a answer) (keys, error) {
	var s session
	if err := a.decode(host, &s); err != nil {
		return keys{}, err
	}
	return s.keys(host)
}

func expiry(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, s)
}

// shown returns a text of the user's for an error: as it is if it is plain and
// short, else quoted and cut.
func shown(s string) string {
	const most = 128
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	odd := func(r rune) bool {
		return r <= ' ' || !strconv.IsPrint(r) || strings.ContainsRune("\"'`\\;&|<>()$*?!#~", r)
	}
	if s == "" || strings.IndexFunc(s, odd) >= 0 || !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	return s
}

func statusText(status int) string { return "HTTP status " + strconv.Itoa(status) }

// isTrue reports whether a switch of the environment is on.
func isTrue(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

// word returns a code that a server sent if it looks like one, so that nothing
// else gets into an error.
func word(s string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	}
	if s == "" || len(s) > 64 || strings.IndexFunc(s, odd) >= 0 {
		return "an unknown code"
	}
	return s
}

package ecssim

import (
	"cmp"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"imgrename/batch/ecs/signature"
)

// A format is the language of an answer.
type format int

const (
	formatJSON format = iota
	formatXML
)

func (f format) contentType() string {
	if f == formatXML {
		return "text/xml;charset=utf-8"
	}
	return "application/json;charset=utf-8"
}

// A request is one call as it came over the wire: parsed, not yet verified.
type request struct {
	v3         bool // ACS3-HMAC-SHA256, else the RPC scheme
	method     string
	path       string
	host       string
	header     http.Header
	query      url.Values // from the URL alone: what V3 signs
	parameters url.Values // query and form: what RPC signs, what actions read
	body       []byte

	action, version string
	format          format
	accessKeyID     string
	token           string
	nonce           string
	date            string
	signature       string
	signedHeaders   string // V3 only

	problem *refusal // the first thing that could not be read
}

// read parses an HTTP request and its body. It never fails: what cannot be
// parsed is the request's problem, which refuses the call when it arrives.
func read(r *http.Request, body []byte) *request {
	q := &request{method: r.Method, path: r.URL.EscapedPath(), host: r.Host, header: r.Header, body: body}
	if q.method == "" {
		q.method = http.MethodGet
	}
	if q.path == "" {
		q.path = "/"
	}
	if q.host == "" {
		q.host = r.URL.Host
	}
	q.readParameters(r.URL.RawQuery)
	if authorization := r.Header.Get("Authorization"); strings.HasPrefix(authorization, "ACS3-") {
		q.readV3(authorization)
	} else {
		q.readV1()
	}
	q.format = q.wantedFormat()
	switch {
	case q.method != http.MethodGet && q.method != http.MethodPost:
		q.fail(refuse("UnsupportedHTTPMethod"))
	case q.path != "/":
		q.fail(refuse("InvalidAction.NotFound"))
	}
	return q
}

func (q *request) fail(r *refusal) {
	if q.problem == nil {
		q.problem = r
	}
}

func (q *request) readParameters(rawQuery string) {
	var err error
	if q.query, err = url.ParseQuery(rawQuery); err != nil {
		q.fail(invalid("query"))
	}
	q.parameters = q.query
	media, _, _ := mime.ParseMediaType(q.header.Get("Content-Type"))
	if len(q.body) == 0 || media != "application/x-www-form-urlencoded" {
		return
	}
	form, err := url.ParseQuery(string(q.body))
	if err != nil {
		q.fail(invalid("body"))
	}
	for name, values := range q.query {
		form[name] = append(values[:len(values):len(values)], form[name]...)
	}
	q.parameters = form
}

// readV3 reads "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…".
func (q *request) readV3(authorization string) {
	q.v3 = true
	q.action = q.header.Get("X-Acs-Action")
	q.version = q.header.Get("X-Acs-Version")
	q.token = q.header.Get("X-Acs-Security-Token")
	q.nonce = q.header.Get("X-Acs-Signature-Nonce")
	q.date = q.header.Get("X-Acs-Date")
	algorithm, fields, _ := strings.Cut(authorization, " ")
	for part := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			q.accessKeyID = value
		case "SignedHeaders":
			q.signedHeaders = value
		case "Signature":
			q.signature = value
		}
	}
	if algorithm != signature.AlgorithmV3 || q.accessKeyID == "" || q.signature == "" || q.signedHeaders == "" {
		q.fail(refuse("IncompleteSignature"))
	}
}

func (q *request) readV1() {
	q.action = q.parameter("Action")
	q.version = q.parameter("Version")
	q.accessKeyID = q.parameter("AccessKeyId")
	q.token = q.parameter("SecurityToken")
	q.nonce = q.parameter("SignatureNonce")
	q.date = q.parameter("Timestamp")
	q.signature = q.parameter("Signature")
}

// parameter returns the first value of a parameter, "" for none: the API treats
// both alike.
func (q *request) parameter(name string) string {
	if values := q.parameters[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// numbered returns the numbers N of the parameters PREFIX.N and PREFIX.N.…, in
// order, whether or not they have a value. What cannot be one of them would be
// ignored, so it is refused.
func (q *request) numbered(prefix string) (numbers []int, r *refusal) {
	for _, name := range slices.Sorted(maps.Keys(q.parameters)) {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest != "" && rest[0] != '.' {
			continue
		}
		if rest == "" {
			if q.parameter(name) != "" {
				return nil, asText(prefix, prefix+".1")
			}
			continue
		}
		text, _, _ := strings.Cut(rest[1:], ".")
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || strconv.Itoa(n) != text {
			return nil, invalid(name)
		}
		if !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// list reads PREFIX.1, PREFIX.2 …
func (q *request) list(prefix string) ([]string, *refusal) {
	numbers, r := q.numbered(prefix)
	values := make([]string, len(numbers))
	for i, n := range numbers {
		values[i] = q.parameter(prefix + "." + strconv.Itoa(n))
	}
	return values, r
}

// tagList reads Tag.1.Key, Tag.1.Value, Tag.2.Key …, also in the older spelling
// Tag.1.key.
func (q *request) tagList() ([]Tag, *refusal) {
	numbers, r := q.numbered("Tag")
	tags := make([]Tag, len(numbers))
	for i, n := range numbers {
		tag := "Tag." + strconv.Itoa(n)
		tags[i] = Tag{
			Key:   cmp.Or(q.parameter(tag+".Key"), q.parameter(tag+".key")),
			Value: cmp.Or(q.parameter(tag+".Value"), q.parameter(tag+".value")),
		}
	}
	return tags, r
}

// wantedFormat follows Format, then Accept, then the scheme's default: XML for
// the older one, JSON for V3.
func (q *request) wantedFormat() format {
	switch f := q.parameter("Format"); {
	case strings.EqualFold(f, "JSON"):
		return formatJSON
	case strings.EqualFold(f, "XML"):
		return formatXML
	case !q.v3:
		return formatXML
	case strings.Contains(q.header.Get("Accept"), "xml"):
		return formatXML
	default:
		return formatJSON
	}
}

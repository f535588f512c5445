package ecssim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// accept makes the answer to a call that succeeded.
func (x *exchange) accept(o object) {
	if x.call.Verdict == Undecided {
		x.call.Verdict = Read
		if x.operation.write {
			x.call.Verdict = Applied
		}
	}
	o = append(object{{"RequestId", x.call.RequestID}}, o...)
	x.reply(http.StatusOK, nil, encode(x.request.format, x.call.Action+"Response", o))
}

// refuse makes the answer to a call that was refused.
func (x *exchange) refuse(r *refusal) {
	x.call.Verdict = Refused
	if throttled(r.code) {
		x.call.Verdict = Throttled
	}
	x.explain(r)
}

func (x *exchange) explain(r *refusal) {
	x.call.Code = r.code
	if x.plan.xml {
		x.request.format = formatXML
	}
	o := object{
		{"RequestId", x.call.RequestID},
		{"HostId", x.request.host},
		{"Code", r.code},
		{"Message", r.message},
	}
	if r.denial != nil {
		o = append(o, field{"AccessDeniedDetail", r.denial})
	}
	if x.request.format == formatJSON {
		o = append(o, field{"Recommend", x.recommend(r.code)})
	}
	x.reply(r.status, r.header, encode(x.request.format, "Error", o))
}

func (x *exchange) recommend(code string) string {
	product := "Ecs"
	if x.request.version == versionSTS {
		product = "Sts"
	}
	return "https://api.alibabacloud.com/troubleshoot?q=" + url.QueryEscape(code) + "&product=" + product + "&requestId=" + x.call.RequestID
}

// spoil replaces the true answer. What was done stays done.
func (x *exchange) spoil(s *spoiled) {
	if s.html {
		title := strconv.Itoa(s.refusal.status) + " " + http.StatusText(s.refusal.status)
		page := fmt.Sprintf("<html>\r\n<head><title>%s</title></head>\r\n<body><h1>%s</h1></body>\r\n</html>\r\n", title, title)
		x.call.Code = ""
		x.reply(s.refusal.status, http.Header{"Content-Type": {"text/html"}}, []byte(page))
		x.answer.header.Del("X-Acs-Request-Id") // a proxy knows of none
		return
	}
	x.explain(s.refusal)
	if x.call.Verdict == Dropped && throttled(s.refusal.code) {
		x.call.Verdict = Throttled
	}
}

func (x *exchange) reply(status int, more http.Header, body []byte) {
	x.call.Status = status
	header := http.Header{
		"Date":             {x.clock().UTC().Format(http.TimeFormat)},
		"Content-Type":     {x.request.format.contentType()},
		"Content-Length":   {strconv.Itoa(len(body))},
		"X-Acs-Request-Id": {x.call.RequestID},
	}
	maps.Copy(header, more)
	x.answer = answer{status, header, body}
}

// requestID makes an id as ECS writes them.
func requestID(dice *rand.Rand) string {
	a, b := dice.Uint64(), dice.Uint64()
	return fmt.Sprintf("%08X-%04X-5%03X-%04X-%012X", uint32(a>>32), uint16(a>>16), a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// meaningful returns the parameters of the action, without those of the
// protocol and the signature.
func (q *request) meaningful() map[string]string {
	m := make(map[string]string, len(q.parameters))
	for name, values := range q.parameters {
		switch name {
		case "Action", "Version", "Format", "AccessKeyId", "SecurityToken", "Timestamp", "Signature",
			"SignatureMethod", "SignatureNonce", "SignatureVersion", "SignatureType":
		default:
			m[name] = strings.Join(values, ",")
		}
	}
	return m
}

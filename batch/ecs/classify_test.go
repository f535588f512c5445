package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"imgrename/batch/ecs"
)

// apiError is an error body of the API.
func apiError(code string) string {
	return fmt.Sprintf(`{"RequestId":"R-1","HostId":"ecs.example","Code":%q,"Message":"told so","Recommend":"x"}`, code)
}

// The codes of the reference: each with the status it is documented with, and
// with others, since editions of the API differ.
func TestClassifyGoesByTheCode(t *testing.T) {
	all := []int{400, 403, 404, 429, 500, 503, 200}
	for _, tt := range []struct {
		code     string
		statuses []int
		want     ecs.Class
	}{
		{"InvalidImageName.Malformed", []int{400, 403, 404}, ecs.Refused},
		{"InvalidDescription.Malformed", []int{400, 403, 404}, ecs.Refused},
		{"InvalidImageFamily.Malformed", []int{400, 403, 404}, ecs.Refused},
		{"MissingParameter", []int{400, 403, 404}, ecs.Refused},
		{"InvalidParameter", []int{400, 403, 404}, ecs.Refused},
		{"UnsupportedParameter", []int{400, 403, 404}, ecs.Refused},
		{"ImageQuotaFull.ImageFamily", []int{400, 403}, ecs.Refused},
		{"ImageFamilyQuotaFull", []int{400, 403}, ecs.Refused},
		{"InvalidBootMode.NotSupport", []int{400, 403}, ecs.Refused},
		{"InvalidLicenseType.NotSupported", []int{400, 403}, ecs.Refused},
		{"InvalidParameter.FeaturesImdsSupport", []int{400, 403}, ecs.Refused},
		{"ImageStatus.NotAvailable", []int{400, 403}, ecs.Refused},
		{"ImageStatus.NotDeprecated", []int{400, 403}, ecs.Refused},
		{"ImageUseShared", []int{400, 403}, ecs.Refused},
		{"OperationDeined.ImageUsingByInstance", []int{400, 403}, ecs.Refused},
		{"InvalidOperation.FeaturesImdsSupportNotMatch", []int{400, 403}, ecs.Refused},
		{"InvalidImageId.NotFound", []int{404, 403, 400}, ecs.Refused},
		{"DryRunOperation", []int{400, 412}, ecs.Refused},

		{"InvalidImageName.Duplicated", all, ecs.Duplicated},
		{"InvalidStatus.ImageIsCreating", all, ecs.Busy},

		{"Throttling", all, ecs.Throttled},
		{"Throttling.User", all, ecs.Throttled},
		{"Throttling.Api", all, ecs.Throttled},
		{"Rejected.Throttling", all, ecs.Throttled},
		{"Rejected.Throttling.Api", all, ecs.Throttled},

		{"OperationFailed.Throttling", all, ecs.Throttled},
		{"OperationFailed", []int{400, 403}, ecs.Refused},
		{"SystemBusy", all, ecs.Ambiguous},
		{"SystemBusy.Zone", all, ecs.Ambiguous},
		{"ServiceBusy", all, ecs.Ambiguous},

		{"InternalError", all, ecs.Ambiguous},
		{"InternalError.Dispatch", all, ecs.Ambiguous},
		{"UnknownError", all, ecs.Ambiguous},
		{"ServiceUnavailable", all, ecs.Ambiguous},
		{"ServiceUnavailable.Zone", all, ecs.Ambiguous},
		{"OperationConflict", append(all, 409), ecs.Ambiguous},
		{"LastTokenProcessing", all, ecs.Ambiguous},
		{"SignatureNonceUsed", all, ecs.Ambiguous},

		{"InvalidSecurityToken.Expired", all, ecs.Expired},
		{"InvalidSecurityToken.Malformed", all, ecs.Down},
		{"InvalidSecurityToken.MismatchWithAccessKey", all, ecs.Down},
		{"MissingSecurityToken", all, ecs.Down},
		{"InvalidAccessKeyId.NotFound", all, ecs.Down},
		{"InvalidAccessKeyId.Inactive", all, ecs.Down},
		{"InvalidAccessKeyId", all, ecs.Down},
		{"Forbidden.AccessKeyDisabled", all, ecs.Down},
		{"SignatureDoesNotMatch", all, ecs.Down},
		{"IncompleteSignature", all, ecs.Down},
		{"InvalidTimeStamp.Expired", all, ecs.Skewed},
		{"InvalidTimeStamp.Format", all, ecs.Down},
		{"IllegalTimestamp", all, ecs.Skewed},
		{"InsufficientBalance", all, ecs.Down},
		{"Account.Arrearage", all, ecs.Down},
		{"RealNameAuthenticationError", all, ecs.Down},
		{"InvalidRegionId.NotFound", all, ecs.Down},

		{"Forbidden", all, ecs.Forbidden},
		{"Forbidden.RAM", all, ecs.Forbidden},
		{"Forbidden.SubUser", all, ecs.Forbidden},
		{"NoPermission", all, ecs.Forbidden},

		// A word that begins like a known one is another word.
		{"ForbiddenFruit", []int{400}, ecs.Refused},
		{"Forbidden.RAM", []int{500}, ecs.Forbidden},

		// What nobody documented, or contradicts its own status.
		{"Something.New", []int{400, 403, 404}, ecs.Refused},
		{"Something.New", []int{200, 202, 302, 408, 409, 425, 429, 500, 502, 503, 504}, ecs.Ambiguous},
		{"InvalidImageName.Malformed", []int{200, 500, 502}, ecs.Ambiguous},
		{"200", []int{200}, ecs.Ambiguous},
	} {
		for _, status := range tt.statuses {
			t.Run(fmt.Sprintf("%s with %d", tt.code, status), func(t *testing.T) {
				err := rename(t, answering(status, apiError(tt.code)))
				if got := ecs.Classify(err); got != tt.want {
					t.Errorf("class = %v, want %v: %v", got, tt.want, err)
				}
				e, ok := errors.AsType[*ecs.Error](err)
				if !ok || e.Code != tt.code || e.Status != status || e.RequestID != "R-1" || e.Message != "told so" || !e.Sent {
					t.Errorf("error = %+v", e)
				}
			})
		}
	}
}

// What a message asks for counts where nothing is known of the code.
func TestClassifyGoesByAMessageThatAsksToRetry(t *testing.T) {
	for _, tt := range []struct {
		code, message string
		want          ecs.Class
	}{
		{"Something.New", "The operation failed. Please try again later.", ecs.Ambiguous},
		{"Something.New", "Please Retry.", ecs.Ambiguous},
		{"IncorrectImageStatus", "The image is being edited, retry in a minute", ecs.Ambiguous},
		{"Something.New", "系统繁忙，请稍后重试", ecs.Ambiguous},
		{"Something.New", "The value is not legal. Correct it and retry.", ecs.Refused},
		{"Something.New", "The value is not legal. Check it and try again.", ecs.Refused},
		{"Something.New", "told so", ecs.Refused},
		{"InvalidImageName.Malformed", "Please retry with another name.", ecs.Refused},
		{"InvalidImageId.NotFound", "No such image. Please try again later.", ecs.Refused},
		{"Forbidden.RAM", "Not authorized. Please try again later.", ecs.Forbidden},
		{"Throttling.User", "Please try again later.", ecs.Throttled},
	} {
		for _, status := range []int{400, 403, 404} {
			body := fmt.Sprintf(`{"RequestId":"R-1","Code":%q,"Message":%q}`, tt.code, tt.message)
			if got := ecs.Classify(rename(t, answering(status, body))); got != tt.want {
				t.Errorf("%s with %d, %q: %v, want %v", tt.code, status, tt.message, got, tt.want)
			}
		}
	}
}

func TestClassifyOfRepliesThatAreNotTheAPIs(t *testing.T) {
	const page = "<html><body>Bad Gateway</body></html>"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   ecs.Class
		report string
	}{
		{"success", 200, `{"RequestId":"R-1"}`, ecs.Applied, ""},
		{"success with an empty code", 200, `{"RequestId":"R-1","Code":"","Message":null}`, ecs.Applied, ""},
		{"success without a request id", 200, `{}`, ecs.Ambiguous, "HTTP200"},
		{"success with an empty request id", 200, `{"RequestId":""}`, ecs.Ambiguous, "HTTP200"},
		{"a request id with another success", 202, `{"RequestId":"R-1"}`, ecs.Ambiguous, "HTTP202"},
		{"a request id with a failure", 400, `{"RequestId":"R-1"}`, ecs.Ambiguous, "HTTP400"},
		{"empty body", 200, ``, ecs.Ambiguous, "HTTP200"},
		{"no content", 204, ``, ecs.Ambiguous, "HTTP204"},
		{"cut JSON", 200, `{"RequestId":"R-1"`, ecs.Ambiguous, "HTTP200"},
		{"JSON and something more", 200, `{"RequestId":"R-1"} <!-- x -->`, ecs.Ambiguous, "HTTP200"},
		{"a list", 200, `["RequestId"]`, ecs.Ambiguous, "HTTP200"},
		{"null", 200, `null`, ecs.Ambiguous, "HTTP200"},
		{"a request id that is an object", 200, `{"RequestId":{"a":1}}`, ecs.Ambiguous, "HTTP200"},
		{"a page with 200", 200, page, ecs.Ambiguous, "HTTP200"},
		{"a page with 400", 400, page, ecs.Ambiguous, "HTTP400"},
		{"a page with 403", 403, page, ecs.Ambiguous, "HTTP403"},
		{"a page with 407", 407, page, ecs.Ambiguous, "HTTP407"},
		{"a page with 429", 429, page, ecs.Ambiguous, "HTTP429"},
		{"a page with 502", 502, page, ecs.Ambiguous, "HTTP502"},
		{"a page with 504", 504, page, ecs.Ambiguous, "HTTP504"},
		{"an empty 503", 503, ``, ecs.Ambiguous, "HTTP503"},
		{"a refusal in XML", 400, `<Error><RequestId>R</RequestId><HostId>h</HostId><Code>Throttling</Code><Message>m</Message></Error>`, ecs.Throttled, "Throttling"},
		{"with a declaration", 404, "<?xml version='1.0' encoding='UTF-8'?>\n<Error><RequestId>R</RequestId><Code>InvalidAccessKeyId.NotFound</Code></Error>\n", ecs.Down, "InvalidAccessKeyId.NotFound"},
		{"with an unknown code", 400, `<Error><RequestId>R</RequestId><Code>Something.New</Code></Error>`, ecs.Refused, "Something.New"},
		{"with an unknown code and a success", 200, `<Error><RequestId>R</RequestId><Code>Something.New</Code></Error>`, ecs.Ambiguous, "Something.New"},
		{"with a known code only", 403, `<Error><Code>Forbidden.RAM</Code></Error>`, ecs.Forbidden, "Forbidden.RAM"},
		{"with an unknown code only", 403, `<Error><Code>Blocked</Code></Error>`, ecs.Ambiguous, "HTTP403"},
		{"without a code", 400, `<Error><RequestId>R</RequestId></Error>`, ecs.Ambiguous, "HTTP400"},
		{"cut XML", 400, `<Error><RequestId>R</RequestId><Code>Throttling</Code>`, ecs.Ambiguous, "HTTP400"},
		{"XML and something more", 400, `<Error><RequestId>R</RequestId><Code>Throttling</Code></Error><p>`, ecs.Ambiguous, "HTTP400"},
		{"a success in XML", 200, `<ModifyImageAttributeResponse><RequestId>R</RequestId></ModifyImageAttributeResponse>`, ecs.Ambiguous, "HTTP200"},
		{"another's XML", 403, `<Fault><RequestId>R</RequestId><Code>Throttling</Code></Fault>`, ecs.Ambiguous, "HTTP403"},
		{"a proxy's JSON", 404, `{"code":404,"message":"no route"}`, ecs.Ambiguous, "HTTP404"},
		{"a proxy's JSON with a word", 403, `{"Code":"Blocked","Message":"by the firewall"}`, ecs.Ambiguous, "HTTP403"},
		{"a gateway that throttles without a request id", 429, `{"Code":"Throttling.Api","Message":"x"}`, ecs.Throttled, "Throttling.Api"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := rename(t, answering(tt.status, tt.body))
			if got := ecs.Classify(err); got != tt.want {
				t.Errorf("class = %v, want %v: %v", got, tt.want, err)
			}
			if e, ok := errors.AsType[*ecs.Error](err); ok && e.ReportCode() != tt.report || !ok && tt.report != "" {
				t.Errorf("error = %#v, want report code %q", err, tt.report)
			}
			if err != nil && strings.Contains(err.Error(), "html") {
				t.Errorf("the page is in the error: %v", err)
			}
		})
	}
}

func TestClassifyOfOtherErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		want   ecs.Class
		report string
	}{
		{"no error", nil, ecs.Applied, ""},
		{"credentials", errors.New("no role"), ecs.Unsent, ""},
		{"a context that ended before", context.Canceled, ecs.Unsent, ""},
		{"not sent", &ecs.Error{Action: "A", Err: errors.New("dial")}, ecs.Unsent, "Unreachable"},
		{"sent", &ecs.Error{Action: "A", Sent: true, Err: errors.New("reset")}, ecs.Ambiguous, "AnswerLost"},
		{"wrapped", fmt.Errorf("row 1: %w", &ecs.Error{Code: "Throttling"}), ecs.Throttled, "Throttling"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ecs.Classify(tt.err); got != tt.want {
				t.Errorf("class = %v, want %v", got, tt.want)
			}
			if e, ok := errors.AsType[*ecs.Error](tt.err); ok && e.ReportCode() != tt.report {
				t.Errorf("report code = %q, want %q", e.ReportCode(), tt.report)
			}
		})
	}
}

// A hint is for what stops a whole account: which key, which right, which clock.
func TestHint(t *testing.T) {
	const (
		clock  = "the clock of this host is more than 15 minutes off: set it"
		key    = "the access key does not exist or is disabled"
		secret = "the access key's secret is wrong"
		ram    = "planning needs ecs:DescribeImages, applying ecs:ModifyImageAttribute on the images"
	)
	for code, want := range map[string]string{
		"InvalidTimeStamp.Expired":     clock,
		"IllegalTimestamp":             clock,
		"InvalidTimeStamp.Format":      "",
		"SignatureDoesNotMatch":        secret,
		"IncompleteSignature":          secret,
		"InvalidAccessKeyId.NotFound":  key,
		"InvalidAccessKeyId.Inactive":  key,
		"Forbidden.AccessKeyDisabled":  key,
		"Forbidden":                    ram,
		"Forbidden.RAM":                ram,
		"NoPermission":                 ram,
		"InvalidSecurityToken.Expired": "the session has expired: sign in again",
		"InvalidRegionId.NotFound":     "check the region ids",
		"InvalidImageName.Duplicated":  "",
		"Throttling.User":              "",
		"Something.New":                "",
		"":                             "",
	} {
		for _, err := range []error{&ecs.Error{Code: code}, fmt.Errorf("profile: %w", errors.Join(&ecs.Error{Code: code}, io.EOF))} {
			if got := ecs.Hint(err); got != want {
				t.Errorf("%v: hint %q, want %q", err, got, want)
			}
		}
	}
	for _, err := range []error{nil, errNoKeys, &ecs.Error{Sent: true, Err: io.EOF}} {
		if got := ecs.Hint(err); got != "" {
			t.Errorf("%v: hint %q", err, got)
		}
	}
}

type brokenProvider struct{}

var errNoKeys = errors.New("the role gave no credentials")

func (brokenProvider) Credentials(context.Context) (ecs.Credentials, error) {
	return ecs.Credentials{}, errNoKeys
}

func TestWithoutCredentialsNothingIsSent(t *testing.T) {
	c := ecs.NewClient(region, ecs.Config{
		Credentials: brokenProvider{},
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			t.Error("a call was made")
			return answer(200, `{"RequestId":"R-1"}`), nil
		})},
	})
	err := rename(t, c)
	if !errors.Is(err, errNoKeys) || ecs.Classify(err) != ecs.Unsent {
		t.Errorf("error = %v, class %v", err, ecs.Classify(err))
	}
}

func TestClassNames(t *testing.T) {
	want := []string{
		"undecided", "applied", "throttled", "expired", "skewed", "unsent", "busy",
		"duplicated", "refused", "forbidden", "down", "ambiguous",
	}
	for i, name := range want {
		if got := ecs.Class(i).String(); got != name {
			t.Errorf("class %d is %q, want %q", i, got, name)
		}
	}
	if last := ecs.Class(len(want) - 1); last != ecs.Ambiguous {
		t.Errorf("the last class of the test is %v", last)
	}
}

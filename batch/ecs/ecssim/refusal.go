package ecssim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A refusal is an answer that says no: its status line and its error body.
type refusal struct {
	status  int
	code    string
	message string
	header  http.Header // more headers than usual, or nil
	denial  object      // which policy, if one refused
}

// refuse looks a code up among the documented ones. The arguments fill the
// message's verbs.
func refuse(code string, args ...any) *refusal {
	d, ok := documented[code]
	if !ok {
		return &refusal{status: http.StatusBadRequest, code: code, message: "The request was refused."}
	}
	if strings.Contains(d.message, "%") {
		if len(args) == 0 {
			args = []any{"unnamed"} // a fault refuses without a reason
		}
		return &refusal{status: d.status, code: code, message: fmt.Sprintf(d.message, args...)}
	}
	return &refusal{status: d.status, code: code, message: d.message}
}

// missing refuses a call that lacks a parameter.
func missing(parameter string) *refusal { return refuse("MissingParameter", parameter) }

// missingOfTags refuses a call about tags that lacks a parameter.
func missingOfTags(parameter string) *refusal {
	return refuse("MissingParameter."+parameter, parameter)
}

// invalid refuses a parameter's value that has no code of its own.
func invalid(parameter string) *refusal { return refuse("InvalidParameter", parameter) }

// lacks refuses what ECS has and this simulator does not. The message says so,
// and so does a header that ECS never sends. The arguments are those of refuse.
func lacks(what, code string, args ...any) *refusal {
	r := refuse(code, args...)
	r.message += " This simulator lacks " + what + "."
	r.header = http.Header{"X-Simulator": {"lacks " + what}}
	return r
}

// asText refuses a parameter that came as one text, such as JSON, and not as
// parameters of its own, such as the example.
func asText(parameter, example string) *refusal {
	return lacks(parameter+" as one text: send parameters such as "+example, "InvalidParameter", parameter)
}

// quote makes foreign text fit for a header: short, and all of it printable.
func quote(text string) string { return strconv.QuoteToASCII(text[:min(len(text), 64)]) }

// documented holds the statuses and messages of the codes: those of the error
// tables of each action's reference, and those of "common errors" of the ECS
// API reference.
var documented = map[string]struct {
	status  int
	message string
}{
	// ModifyImageAttribute.
	"InvalidImageName.Malformed":                   {400, "The specified Image name is wrongly formed."},
	"InvalidImageName.Duplicated":                  {400, "The specified Image name has already been used."},
	"InvalidDescription.Malformed":                 {400, "The specified description is wrongly formed."},
	"InvalidImageFamily.Malformed":                 {400, "The specified ImageFamily is wrongly formed."},
	"ImageQuotaFull.ImageFamily":                   {400, "The maximum number of images in an image family is exceeded."},
	"ImageFamilyQuotaFull":                         {400, "The maximum number of image families is exceeded."},
	"InvalidBootMode.NotSupport":                   {400, "The specified BootMode is not supported by the image."},
	"InvalidLicenseType.NotSupported":              {400, "The specified LicenseType is not supported."},
	"InvalidParameter.FeaturesImdsSupport":         {400, "The specified parameter Features.ImdsSupport is not valid."},
	"ImageStatus.NotAvailable":                     {403, "The specified image is not in the Available status."},
	"ImageStatus.NotDeprecated":                    {403, "The specified image is not in the Deprecated status."},
	"ImageUseShared":                               {403, "The specified image has been shared with other accounts."},
	"OperationDeined.ImageUsingByInstance":         {403, "The operation is denied because the image is being used by instances."},
	"InvalidOperation.FeaturesImdsSupportNotMatch": {403, "Features.ImdsSupport of the image cannot be changed from v2 to v1."},
	"InvalidStatus.ImageIsCreating":                {403, "The specified image is being created."},
	"InvalidImageId.NotFound":                      {404, "The specified ImageId does not exist."},
	"InvalidRegionId.NotFound":                     {404, "The specified RegionId does not exist."},

	// DescribeImages.
	"InvalidImageOwnerAlias.ValueNotSupported": {400, "The specified ImageOwnerAlias value is not supported."},
	"InvalidFilterKey.NotFound":                {404, "The specified filter is not valid."},
	"InvalidOSType":                            {404, "The specifed OSType is not valid"},
	"InvalidArchitecture":                      {404, "The specifed Architecture is not valid"},
	"InvalidTagCount":                          {400, "The specified tags are beyond the permitted range."},
	"InvalidTag.Mismatch":                      {400, "The specified Tag.n.Key and Tag.n.Value are not match."},

	// TagResources, UntagResources and ListTagResources.
	"MissingParameter.RegionId":     {404, "The parameter - %s should not be null"},
	"MissingParameter.ResourceType": {404, "The parameter - %s should not be null"},
	"MissingParameter.Tags":         {404, "The parameter - %s should not be null"},
	"NumberExceed.ResourceIds":      {400, "The ResourceIds parameter's number is exceed , Valid : 50"},
	"NumberExceed.Tags":             {400, "The Tags parameter's number is exceed , Valid : 20"},
	"Duplicate.TagKey":              {400, "The Tag.N.Key contain duplicate key."},
	"InvalidResourceId.NotFound":    {404, "The specified ResourceIds are not found in our records."},
	"InvalidResourceType.NotFound":  {404, "The ResourceType provided does not exist in our records."},
	"InvalidTagKey.Malformed":       {400, "The specified Tag.n.Key is not valid."},
	"InvalidTagValue.Malformed":     {400, "The specified Tag.n.Value is not valid."},
	"InvalidParameter.TagValue":     {400, "The specified Tag.n.Value is not valid."},
	"OperationDenied.QuotaExceed":   {400, "The quota of tags on resource is beyond permitted range."},

	// Common errors: parameters.
	"MissingParameter":       {400, "The input parameter %q that is mandatory for processing this request is not supplied."},
	"InvalidParameter":       {400, "The specified parameter %q is not valid."},
	"UnsupportedParameter":   {400, "The specified parameter %q is not supported."},
	"InvalidAction.NotFound": {404, "Specified api is not found, please check your url and method."},
	"InvalidVersion":         {400, "Specified parameter Version is not valid."},
	"UnsupportedHTTPMethod":  {400, "This http method is not supported."},

	// Common errors: signature, clock, keys and tokens.
	"IncompleteSignature":                        {400, "The request signature does not conform to Aliyun standards."},
	"SignatureDoesNotMatch":                      {400, "Specified signature is not matched with our calculation. server string to sign is:%s"},
	"SignatureNonceUsed":                         {400, "Specified signature nonce was used already."},
	"InvalidTimeStamp.Format":                    {400, "Specified time stamp or date value is not well formatted."},
	"InvalidTimeStamp.Expired":                   {400, "Specified time stamp or date value is expired."},
	"IllegalTimestamp":                           {400, "The input parameter Timestamp is not well formatted."},
	"InvalidAccessKeyId.NotFound":                {404, "Specified access key is not found."},
	"InvalidAccessKeyId.Inactive":                {400, "Specified access key is disabled."},
	"Forbidden.AccessKeyDisabled":                {403, "The Access Key is disabled."},
	"MissingSecurityToken":                       {400, "SecurityToken is mandatory for this action."},
	"InvalidSecurityToken.Malformed":             {400, "Specified SecurityToken is malformed."},
	"InvalidSecurityToken.MismatchWithAccessKey": {400, "Specified SecurityToken mismatch with the AccessKey."},
	"InvalidSecurityToken.Expired":               {400, "Specified SecurityToken is expired."},

	// Common errors: permission, flow, the server's own trouble.
	"Forbidden.RAM":               {403, "User not authorized to operate on the specified resource, or this API doesn't support RAM."},
	"NoPermission":                {403, "You are not authorized to do this action. You should be authorized by RAM."},
	"Throttling":                  {400, "Request was denied due to request throttling."},
	"Throttling.User":             {400, "Request was denied due to user flow control."},
	"Throttling.Api":              {400, "Request was denied due to api flow control."},
	"Rejected.Throttling":         {400, "Request was denied due to request throttling."},
	"InternalError":               {500, "The request processing has failed due to some unknown error, exception or failure."},
	"UnknownError":                {400, "The request processing has failed due to some unknown error."},
	"ServiceUnavailable":          {503, "The request has failed due to a temporary failure of the server."},
	"OperationConflict":           {409, "Request was denied due to conflict with a previous request."},
	"LastTokenProcessing":         {403, "The last token request is processing."},
	"InsufficientBalance":         {400, "Your account does not have enough balance."},
	"Account.Arrearage":           {400, "Your account has an outstanding payment."},
	"RealNameAuthenticationError": {403, "Your account has not passed the real-name authentication yet."},

	// DryRun, in its three spellings.
	"DryRunOperation":  {400, "Request validation has been passed with DryRun flag set."},
	"DRYRUN.SUCCESS":   {400, "Request validation has been passed."},
	"RequestValidated": {400, "Request validation has been passed with DryRun flag set."},

	// AssumeRole.
	"EntityNotExist.Role":              {404, "The role not exists: %s."},
	"InvalidParameter.RoleSessionName": {400, "The parameter RoleSessionName is wrongly formed."},
	"InvalidParameter.DurationSeconds": {400, "The Min/Max value of DurationSeconds is 15min/1hr."},
}

package ecssim

import "time"

// Open holds the questions that the ECS reference leaves open. The zero value
// is the friendlier answer to each; a client has to live with both.
type Open struct {
	OwnName OwnName // what renaming an image to its own name returns
	IDLists IDLists // what several ids in ImageId of DescribeImages do
	DryRun  DryRun  // how the success of a dry run is spelled

	// ReadLag is how far listings look back: a write shows that late.
	ReadLag time.Duration

	// LooseTypes makes listings send numbers as text and IsSelfShared as a
	// bool, and leave empty fields out, as some editions of the API do.
	LooseTypes bool

	// Hidden is a field that listings do not show, as LicenseType in some
	// editions of the API.
	Hidden string

	// Further open questions are part of a [Quota]: by which law calls are
	// refused, and which hints, status and code a refusal carries.
}

// OwnName says what happens to a rename to the name that an image already has.
type OwnName int

// The answers to a rename to the same name.
const (
	OwnNameKept       OwnName = iota // success, nothing changes
	OwnNameDuplicated                // InvalidImageName.Duplicated
)

// IDLists says what happens to ids joined by commas.
type IDLists int

// The answers to ids joined by commas.
const (
	IDListsAccepted IDLists = iota // the images with these ids, at most 100
	IDListsUnknown                 // taken for one id, which is unknown: an empty list
	IDListsRefused                 // InvalidParameter
)

// DryRun says how the success of a dry run is spelled. It is always an error.
type DryRun int

// The spellings of a dry run's success.
const (
	DryRunOperation   DryRun = iota // code DryRunOperation
	DryRunSuccess                   // code DRYRUN.SUCCESS
	DryRunMessageOnly               // another code; only the message says "with DryRun flag set"
)

func (d DryRun) code() string {
	switch d {
	case DryRunSuccess:
		return "DRYRUN.SUCCESS"
	case DryRunMessageOnly:
		return "RequestValidated"
	case DryRunOperation:
	}
	return "DryRunOperation"
}

package codes

import "errors"

// System names a code system, in the words of the product's contracts.
type System string

// The code systems that are found in texts.
const (
	CPT      System = "cpt"      // CPT category I, II (0001F), III (0001T), PLA (0001U), MAAA (0001M), administration (0001A)
	HCPCS    System = "hcpcs"    // HCPCS Level II: a letter and four digits
	ICD10CM  System = "icd10cm"  // diagnoses, upper case with the dot: M54.50
	ICD10PCS System = "icd10pcs" // inpatient procedures: seven characters without a dot
	Modifier System = "modifier" // a modifier spoken of by itself
	MSDRG    System = "msdrg"    // three digits
	Revenue  System = "revenue"  // four digits: 0360
	POS      System = "pos"      // place of service, two digits: 02
	CDT      System = "cdt"      // dental: D and four digits
	NDC      System = "ndc"      // 5-4-2 with hyphens; ten unhyphenated digits stay as written
)

// Systems returns every system, in a fixed order.
func Systems() []System {
	return []System{CPT, HCPCS, ICD10CM, ICD10PCS, Modifier, MSDRG, Revenue, POS, CDT, NDC}
}

// Membership says whether a code set holds a code.
type Membership int

// Memberships. Unknown is the zero value: nothing can be concluded.
const (
	Unknown   Membership = iota // the system is not held whole, and the code is not among what is held
	Member                      // the code exists (a header or a deleted code too)
	NotMember                   // the system is held whole and does not have the code
)

// Role says how a message speaks of a code. Checks never cross alternatives.
type Role string

// Roles of a mention.
const (
	RoleBilled      Role = "billed"      // on the claim, or meant to be
	RoleAlternative Role = "alternative" // "99213 or 99214?"
	RoleDenied      Role = "denied"      // refused, rejected, bundled away by the payer
	RoleReplaced    Role = "replaced"    // was billed or deleted, something else takes its place
	RoleHistory     Role = "history"     // an earlier encounter: matters for the global period only
	RoleReference   Role = "reference"   // a mere topic: "guidelines for 99213"
)

// Mention is a place in a text that names a code. The JSON form is fixed by
// the contracts of `inspect --json`.
type Mention struct {
	System    System   `json:"system"`
	Code      string   `json:"code"`      // normalised, see Normalize; the first of a range
	Modifiers []string `json:"modifiers"` // upper case, in the order written, never nil in JSON
	Units     int      `json:"units"`     // 0: not stated; a count, never minutes, doses or lesions
	RangeEnd  string   `json:"range_end"` // "" unless a range: "99202-99205", "99212-5"

	Text       string `json:"text"`       // as written: text[Start:End]
	Source     string `json:"source"`     // reply, subject, quoted, attachment:NAME; "" from Find
	Attachment string `json:"attachment"` // id of the attachment, or ""
	Start      int    `json:"start"`      // bytes into the UTF-8 text of that source
	End        int    `json:"end"`

	Group int  `json:"group"` // 1..n: one encounter, claim, patient or hypothetical
	Role  Role `json:"role"`
}

// Options tune Find, Read and Explain. The zero value is fine.
type Options struct {
	// Known says whether a code exists; nil when there is no codebook. It is
	// called with normalised codes, often, and must be fast and safe for
	// concurrent use. It decides only between readings that the text leaves open.
	Known func(system System, code string) Membership
}

// Source is one text of a message.
type Source struct {
	Source     string // reply, subject, quoted, or attachment:NAME
	Attachment string // id of the attachment, or ""
	Text       string // UTF-8 with LF line ends
}

// Reference is something that is no code mention but decides the answer: a
// denial reason, a coverage document, a payment class.
type Reference struct {
	Kind   string `json:"kind"`  // carc rarc group lcd article ncd apc tob ...
	Value  string `json:"value"` // normalised: CO-97, N362, L33797
	Source string `json:"source"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

// DateMention is a date that the message names, with what it is the date of
// and how sure that is.
type DateMention struct {
	Date   string `json:"date"`  // 2026-03-02
	Kind   string `json:"kind"`  // dos surgery discharge admission planned denial unknown
	Group  int    `json:"group"` // the group of mentions it belongs to
	Basis  string `json:"basis"` // stated, year assumed, planned, received
	Source string `json:"source"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

// Reading is what one message says, all its texts taken together.
type Reading struct {
	// Mentions in the order of the texts. A code named twice is one mention,
	// unless modifiers, units or range differ.
	Mentions []Mention
	// Occurrences are all mentions, the repeated ones too: what a desk
	// highlights, and what checks use where a table repeats a code by row.
	Occurrences   []Mention
	References    []Reference
	Dates         []DateMention
	DateOfService string // "2026-03-02", or "" where the text does not say that a date is one
	Setting       string // practitioner hospital asc, or "" where it is not stated or several are
	Place         string // place of service "11", or "" likewise
	Age           *int   // of the patient in whole years; nil where it is not stated or several are
	Sex           string // F M, or "" likewise
	Payer         string // medicare_ffs medicare_advantage medicaid commercial workers_comp tricare_va self_pay unknown
	Intent        string // question lookup command followup thanks none
	Kind          string // question denial appeal chart_review audit_list fee prior_auth scheduling doc_query drg hcc education none
	Topics        []string
	// Stated are the amounts that the message states: minutes, doses, elements of decision making.
	Stated []Stated
	// DiagnosisOrder are, by group, the diagnoses in the order that the message itself states; groups that state none are not in it.
	DiagnosisOrder map[int][]string
}

// ErrSyntax is wrapped by Normalize when a text has not the shape of a code of
// the system.
var ErrSyntax = errors.New("not the shape of a code")

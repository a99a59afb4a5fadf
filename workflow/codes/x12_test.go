package codes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Transactions of invented people, one segment a line.

const remittance = `ISA*00*          *00*          *ZZ*EXAMPLEPAYER   *ZZ*EXAMPLECLINIC  *260315*0930*^*00501*000000101*0*P*:~
GS*HP*EXAMPLEPAYER*EXAMPLECLINIC*20260315*0930*101*X*005010X221A1~
ST*835*0001~
BPR*I*92.41*C*CHK************20260316~
TRN*1*7734120*1999999999~
DTM*405*20260315~
N1*PR*EXAMPLE MEDICARE CONTRACTOR~
N3*99213 MAIN ST~
N4*SPRINGFIELD*IL*62704~
PER*BL*HELP DESK*TE*3125550142~
N1*PE*EXAMPLE ORTHOPEDICS*XX*1234567893~
LX*1~
CLP*PT99214*1*305*92.41*20*MB*2026074120055*11*1~
NM1*QC*1*TEST*PAT*J***MI*1EG4TE5MK73~
DTM*232*20260302~
SVC*HC:99213:25*125*92.41**1~
DTM*472*20260302~
CAS*CO*45*12.59~
CAS*PR*2*20~
SVC*HC:20610:RT*180*0**1~
DTM*472*20260302~
CAS*CO*97*180~
LQ*HE*N20~
CLP*PT99215*4*1000*0**MB*2026074120056*22~
NM1*QC*1*SAMPLE*LEE~
SVC*HC:88342:59*400*0**0**4~
DTM*472*20260310~
CAS*CO*151*300**16*100~
LQ*HE*N362~
LQ*HE*MA01~
SVC*HC:G0283*600*0*0420*1~
DTM*472*20260310~
CAS*PR*1*600~
SE*30*0001~
GE*1*101~
IEA*1*000000101~`

var remittanceMentions = []string{
	"cpt 99213 [25] x1 @1 billed", "cpt 20610 [RT] x1 @1 denied",
	"cpt 88342 [59] x4 @2 denied", "hcpcs G0283 [] x1 @2 billed", "revenue 0420 [] x0 @2 billed",
}

const professional = `ISA*00*          *00*          *ZZ*EXAMPLECLINIC  *ZZ*EXAMPLEPAYER   *260303*0930*^*00501*000000102*0*P*:~
GS*HC*EXAMPLECLINIC*EXAMPLEPAYER*20260303*0930*102*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*45378*20260303*0930*CH~
NM1*41*2*EXAMPLE CLINIC*****46*99999~
HL*1**20*1~
PRV*BI*PXC*207X00000X~
NM1*85*2*EXAMPLE CLINIC*****XX*1234567893~
HL*2*1*22*0~
SBR*P*18*******BL~
NM1*IL*1*TEST*PAT****MI*ABC123456789~
N3*20610 ELM ST~
N4*COLUMBUS*OH*432152567~
DMG*D8*19500102*F~
CLM*27447*1305***11:B:1*Y*A*Y*Y~
DTP*431*D8*20260215~
REF*G1*31297~
HI*ABK:M1711*ABF:E119~
LX*1~
SV1*HC:99214:25*185*UN*1***1:2~
DTP*472*D8*20260302~
LX*2~
SV1*HC:20610:RT:59*220*UN*1*22**1~
DTP*472*RD8*20260302-20260303~
LX*3~
SV1*HC:J3301*80*UN*4***1~
DTP*472*D8*20260302~
LIN**N4*00003029328~
CTP****1*ML~
HL*3*1*22*0~
SBR*P*18*******BL~
NM1*IL*1*SAMPLE*LEE****MI*XYZ~
DMG*D8*19610203*M~
CLM*99213A*90***22:B:7*Y*A*Y*Y~
HI*BK:J0190~
LX*1~
SV1*HC:99213*90*UN*1***1~
DTP*472*D8*20260305~
LX*2~
SV1*HC:00840:AA*900*MJ*45***1~
SE*30*0001~`

var professionalMentions = []string{
	"pos 11 [] x0 @1 billed", "icd10cm M17.11 [] x0 @1 billed", "icd10cm E11.9 [] x0 @1 billed",
	"cpt 99214 [25] x1 @1 billed", "cpt 20610 [RT 59] x1 @1 billed", "pos 22 [] x0 @1 billed",
	"hcpcs J3301 [] x4 @1 billed", "ndc 00003-0293-28 [] x0 @1 billed",
	"pos 22 [] x0 @2 billed", "icd10cm J01.90 [] x0 @2 billed", "cpt 99213 [] x1 @2 billed", "cpt 00840 [AA] x0 @2 billed",
}

const institutional = `CLM*HOSP1*18400***13:A:1**A*Y*Y~
DTP*434*RD8*20260302-20260304~
DTP*435*DT*202603020830~
CL1*1*1*01~
HI*ABK:S72001A:::::::Y~
HI*ABJ:M25551~
HI*APR:R52~
HI*DR:481~
HI*BBR:0QS606Z:D8:20260302~
HI*BH:11:D8:20260215~
HI*BE:01:::450~
LX*1~
SV2*0360*HC:27236:LT*8400*UN*1~
DTP*472*D8*20260302~
LX*2~
SV2*0250**1200*UN*15~
LX*3~
SV2*0636*HC:J1885*80*UN*2~
LIN**N4*00409379501~`

var institutionalMentions = []string{
	"icd10cm S72.001A [] x0 @1 billed", "icd10cm M25.551 [] x0 @1 billed", "icd10cm R52 [] x0 @1 billed",
	"msdrg 481 [] x0 @1 billed", "icd10pcs 0QS606Z [] x0 @1 billed",
	"revenue 0360 [] x0 @1 billed", "cpt 27236 [LT] x1 @1 billed", "revenue 0250 [] x0 @1 billed",
	"revenue 0636 [] x0 @1 billed", "hcpcs J1885 [] x2 @1 billed", "ndc 00409-3795-01 [] x0 @1 billed",
}

const dental = `CLM*D1*240***11:B:1*Y*A*Y*Y~
LX*1~
SV3*AD:D2392*190****1~
TOO*JP*14*M:O~
DTP*472*D8*20260302~
LX*2~
SV3*AD:D0140*50~`

var dentalMentions = []string{"pos 11 [] x0 @1 billed", "cdt D2392 [] x1 @1 billed", "cdt D0140 [] x0 @1 billed"}

func said(ms []Mention) (out []string) {
	for _, m := range ms {
		out = append(out, fmt.Sprint(m.System, " ", m.Code, " ", m.Modifiers, " x", m.Units, " @", m.Group, " ", m.Role))
	}
	return out
}

// wrappings are the ways in which a transaction arrives, all of the same
// meaning.
var wrappings = map[string]func(string) string{
	"a segment a line":                             func(s string) string { return s },
	"without terminators":                          func(s string) string { return strings.ReplaceAll(s, "~", "") },
	"on one line":                                  func(s string) string { return strings.ReplaceAll(s, "\n", "") },
	"line ends become blanks":                      func(s string) string { return strings.ReplaceAll(s, "\n", " ") },
	"line ends as the only terminators, as blanks": func(s string) string { return strings.ReplaceAll(s, "~\n", " ") },
	"blank lines between":                          func(s string) string { return strings.ReplaceAll(s, "\n", "\n\n") },
	"quoted":                                       func(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") },
	"indented":                                     func(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") },
	"wrapped by a mail program": func(s string) string {
		s = strings.ReplaceAll(s, "\n", "")
		var b strings.Builder
		for len(s) > 76 {
			b.WriteString(s[:76] + "\n")
			s = s[76:]
		}
		return b.String() + s
	},
	"wrapped and quoted": func(s string) string {
		s = strings.ReplaceAll(s, "\n", "")
		var b strings.Builder
		for len(s) > 71 {
			b.WriteString("> " + s[:71] + "\n")
			s = s[71:]
		}
		return b.String() + "> " + s
	},
	"blanks collapsed":     func(s string) string { return strings.Join(strings.Fields(s), " ") },
	"labelled by a screen": func(s string) string { return "Raw segments: " + strings.ReplaceAll(s, "\n", "\nSegment: ") },
}

func TestElectronicClaimsInAnyWrapping(t *testing.T) {
	t.Parallel()
	transactions := []struct {
		name, text string
		want       []string
	}{
		{"835", remittance, remittanceMentions}, {"837 professional", professional, professionalMentions},
		{"837 institutional", institutional, institutionalMentions}, {"837 dental", dental, dentalMentions},
	}
	for _, x := range transactions {
		for name, wrap := range wrappings {
			text := wrap(x.text)
			if got := said(readReply(text).Occurrences); !slices.Equal(got, x.want) {
				t.Errorf("%s, %s: read\n%s\nwant\n%s\nin\n%s", x.name, name, strings.Join(got, "\n"), strings.Join(x.want, "\n"), text)
			}
			checkMentions(t, text, Find(text, Options{}))
		}
	}
}

// TestElectronicClaimsWithOtherSeparators: ISA names them, and a cut text
// shows them.
func TestElectronicClaimsWithOtherSeparators(t *testing.T) {
	t.Parallel()
	for _, sep := range []struct{ element, component, terminator string }{
		{"|", ":", "~"}, {"*", ">", "~"}, {"^", ">", "\n"}, {"*", ":", "'"}, {"|", "^", "~"}, {"+", ":", "!"}, {"*", "|", "\\"},
	} {
		change := strings.NewReplacer("*^*", "*"+"U"+"*", "*", sep.element, ":", sep.component, "~\n", sep.terminator+"\n", "~", sep.terminator)
		if sep.terminator == "\n" {
			change = strings.NewReplacer("*^*", "*U*", "*", sep.element, ":", sep.component, "~\n", "\n", "~", "")
		}
		for name, x := range map[string]struct {
			text string
			want []string
		}{"835": {remittance, remittanceMentions}, "837": {professional, professionalMentions}} {
			text := change.Replace(strings.ReplaceAll(x.text, "*^*", sep.element+"U"+sep.element))
			if got := said(readReply(text).Occurrences); !slices.Equal(got, x.want) {
				t.Errorf("%s by %q %q %q: read\n%s\nin\n%s", name, sep.element, sep.component, sep.terminator, strings.Join(got, "\n"), text)
			}
		}
	}
	if got := said(readReply("CLP|1|4|300|0~SVC|HC>99213>25|125|0||1~CAS|CO|97|125~").Occurrences); !slices.Equal(got, []string{"cpt 99213 [25] x1 @1 denied"}) {
		t.Errorf("without ISA: %v", got)
	}
}

// TestCutClaims: what is pasted may begin and end anywhere.
func TestCutClaims(t *testing.T) {
	t.Parallel()
	lines := strings.Split(professional, "\n")
	for from := range lines {
		text := strings.Join(lines[from:], "\n")
		got, want := said(readReply(text).Occurrences), professionalMentions
		// the mentions of the lines that are left
		left := 0
		for _, line := range lines[from:] {
			left += len(readX12Mentions(line))
		}
		if len(got) != left || left > len(want) {
			t.Errorf("from line %d: %d mentions, want %d:\n%s", from, len(got), left, strings.Join(got, "\n"))
		}
	}
	text := "3:25*125*92.41**1~CAS*CO*45*12.59~SVC*HC:20610:RT*180*0**1~CAS*CO*97*180~LQ*HE*N20"
	if got := said(readReply(text).Occurrences); !slices.Equal(got, []string{"cpt 20610 [RT] x1 @1 denied"}) {
		t.Errorf("cut in a segment: %v", got)
	}
}

func readX12Mentions(text string) []Mention {
	if x := readX12(text); x != nil {
		return x.mentions
	}
	return nil
}

func TestElectronicClaimFacts(t *testing.T) {
	t.Parallel()
	r := readReply(remittance)
	var refs, days []string
	for _, x := range r.References {
		refs = append(refs, x.Kind+" "+x.Value+" "+remittance[x.Start:x.End])
	}
	want := []string{"carc CO-45 CO*45", "carc PR-2 PR*2", "carc CO-97 CO*97", "rarc N20 N20", "carc CO-151 CO*151", "carc CO-16 16", "rarc N362 N362", "rarc MA01 MA01", "carc PR-1 PR*1"}
	if !slices.Equal(refs, want) {
		t.Errorf("references\n%q, want\n%q", refs, want)
	}
	for _, d := range r.Dates {
		days = append(days, fmt.Sprint(d.Date, " ", d.Kind, " @", d.Group, " ", remittance[d.Start:d.End]))
	}
	for _, d := range []string{"2026-03-15 denial @1 20260315", "2026-03-02 dos @1 20260302", "2026-03-10 dos @2 20260310"} {
		if !slices.Contains(days, d) {
			t.Errorf("no date %q in %q", d, days)
		}
	}
	if r.DateOfService != "2026-03-02" || r.Payer != "medicare_ffs" || r.Kind != "denial" {
		t.Errorf("date of service %s, payer %s, kind %s", r.DateOfService, r.Payer, r.Kind)
	}
	r = readReply(institutional)
	if r.DateOfService != "2026-03-02" || !slices.ContainsFunc(r.References, func(x Reference) bool { return x.Kind == "tob" && x.Value == "131" }) {
		t.Errorf("hospital claim: date of service %s, references %v", r.DateOfService, r.References)
	}
	for _, kind := range []string{"surgery", "admission"} {
		if !slices.ContainsFunc(r.Dates, func(d DateMention) bool { return d.Kind == kind && d.Date == "2026-03-02" }) {
			t.Errorf("no date of %s in %v", kind, r.Dates)
		}
	}
	if p := readReply(professional).Payer; p != "commercial" {
		t.Errorf("payer %s by SBR09 BL", p)
	}
}

// TestPersonsOfAClaimAreNoFacts: what the segments about persons hold shows
// nowhere, even where it looks like a code, a date or a plan.
func TestPersonsOfAClaimAreNoFacts(t *testing.T) {
	t.Parallel()
	for name, wrap := range wrappings {
		r := readReply(wrap(professional))
		for _, d := range r.Dates {
			if d.Date == "1950-01-02" || d.Date == "1961-02-03" {
				t.Errorf("%s: a birth date became a date: %v", name, d)
			}
		}
		for _, m := range r.Occurrences {
			if m.Code == "45378" || m.Code == "27447" || m.Code == "31297" || m.Code == "20610" && m.Modifiers[0] != "RT" {
				t.Errorf("%s: %v comes from an identifier or an address", name, m)
			}
		}
	}
}

func TestRolesOfServiceLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"SVC*HC:99213*125*0**1~CAS*PR*1*125~", "billed"},                   // deductible
		{"SVC*HC:99213*125*0**1~CAS*OA*23*125~", "billed"},                  // paid by the first payer
		{"SVC*HC:99213*125*0**1~CAS*CO*45*25~CAS*PR*96*100~", "denied"},     // not covered
		{"SVC*HC:99213*125*80**1~CAS*CO*45*45~", "billed"},                  // paid
		{"SVC*HC:88342*400*100**1**4~CAS*CO*151*300~", "billed"},            // cut, not refused
		{"CLP*1*4*125*0**MC*9~CAS*CO*29*125~SVC*HC:99213*125*0~", "denied"}, // refused as a whole
		{"CLP*1*22*-125*-80**MC*9~SVC*HC:99213*-125*-80~", "replaced"},      // taken back
		{"SVC*HC:99213*150*92**1*HC:99214~CAS*CO*45*58~", "alternative denied"},
		{"TRN*2*1~STC*F2:88*20260302~SVC*HC:99213*125*0****1~STC*F2:107*20260302~", "denied"},
	}
	for _, tt := range tests {
		var got []string
		for _, m := range readReply(tt.text).Occurrences {
			got = append(got, string(m.Role))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.text, got, tt.want)
		}
	}
}

// TestClaimsAndWordsAroundThem: the question stands before the claim that it
// is about.
func TestClaimsAndWordsAroundThem(t *testing.T) {
	t.Parallel()
	text := "Why did 88342 deny on the second one? Medicare.\n\n" + remittance + "\n\nCan we appeal 88342, or add 88341?\nThanks, Pat"
	r := readReply(text)
	groups := map[string]int{}
	for _, m := range r.Occurrences {
		if m.Text != text[m.Start:m.End] {
			t.Errorf("%v is not at its place", m)
		}
		if m.Code == "88342" {
			groups[m.Code] = m.Group
			if m.Group != 2 {
				t.Errorf("88342 is in group %d, its claim is the second", m.Group)
			}
		}
	}
	if len(groups) == 0 || r.Intent != "question" || r.Kind != "denial" && r.Kind != "appeal" {
		t.Errorf("read %v, intent %s, kind %s", said(r.Occurrences), r.Intent, r.Kind)
	}
}

// TestAcknowledgementsHoldNoCodes: 999 and TA1 repeat segments' names and
// numbers only.
func TestAcknowledgementsHoldNoCodes(t *testing.T) {
	t.Parallel()
	text := "TA1*000000102*260303*0930*A*000~\nST*999*0001*005010X231A1~\nAK1*HC*102*005010X222A1~\nAK2*837*0001*005010X222A1~\nIK3*SV1*22*2400*8~\nCTX*SITUATIONAL TRIGGER*SV1*22~\nIK4*1:2*234*7*99213~\nIK5*R*5~\nAK9*R*1*1*0~\nSE*8*0001~"
	if r := readReply(text); len(r.Occurrences) > 0 || len(r.Dates) > 0 {
		t.Errorf("mentions %v, dates %v", r.Occurrences, r.Dates)
	}
}

func TestNoSegments(t *testing.T) {
	for _, text := range []string{"* N4 is a modifier", "**REF** see below", "N1* note", "99213*25", "Notes: *HI* there, 5 * 3 = 15", "ISA is short for it", "CAS*"} {
		if x := readX12(text); x != nil && len(x.mentions) > 0 {
			t.Errorf("%q: %v", text, x.mentions)
		}
	}
	if n := testing.AllocsPerRun(20, func() { x12Text(prose + "* a list\n* of points\n") }); n > 0 {
		t.Errorf("%v allocations for a text without segments", n)
	}
}

func FuzzX12(f *testing.F) {
	for _, text := range []string{remittance, professional, institutional, dental} {
		for _, wrap := range wrappings {
			f.Add(wrap(text))
		}
	}
	f.Add(strings.ReplaceAll(remittance, "*", "|"))
	f.Fuzz(func(t *testing.T, text string) {
		x := readX12(text)
		if x == nil {
			return
		}
		checkMentions(t, text, x.mentions)
		last := 0
		for _, s := range x.spans {
			if s.from < last || s.to < s.from || s.to > len(text) {
				t.Fatalf("segments at %v in %d bytes", x.spans, len(text))
			}
			last = s.to
		}
		if rest := x.blank(text); len(rest) != len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(rest))
		}
		for _, m := range x.mentions {
			if m.Group < 1 || m.Group > x.claims {
				t.Fatalf("%v is in no claim of %d", m, x.claims)
			}
		}
		for _, r := range x.references {
			if r.Start >= r.End || r.End > len(text) {
				t.Fatalf("reference %v lies outside", r)
			}
		}
		for _, d := range x.dates {
			if _, err := time.Parse(time.DateOnly, d.Date); err != nil || d.Start >= d.End || d.End > len(text) {
				t.Fatalf("date %v: %v", d, err)
			}
		}
		checkMentions(t, text, Find(text, Options{}))
	})
}

// BenchmarkX12Growth: the cost a byte must not rise with the size.
func BenchmarkX12Growth(b *testing.B) {
	for name, unit := range map[string]string{"835": remittance + "\n", "names": "SV1*", "isa": "ISA*00", "lines": "SV1*HC:99213\n", "open": "HI*ABK:M1711:::::", "wraps": "CLM*1*\n2*\n"} {
		for _, size := range []int{16 << 10, 256 << 10} {
			text := repeated(unit, size)
			b.Run(fmt.Sprintf("%s/%dK", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					readX12(text)
				}
			})
		}
	}
}

package codes

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// amountsOf reads a text as the product does, and writes what it states in short.
func amountsOf(text string) string {
	r := Read([]Source{{Source: "reply", Text: text}}, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Options{})
	var out []string
	for _, s := range r.Stated {
		one := s.Kind
		if s.Value != 0 {
			one += fmt.Sprintf(" %g %s", s.Value, s.Unit)
		}
		if s.Count != 0 {
			one += fmt.Sprintf(" x%d", s.Count)
		}
		if s.Word != "" {
			one += " " + s.Word
		}
		if s.Code != "" {
			one += " @" + s.Code
		}
		out = append(out, one)
	}
	return strings.Join(out, "; ")
}

func TestStatedAmounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		// Minutes of visits.
		{"Est pt, 34 min total on 2/10/26, one stable chronic problem, refill.", "minutes 34 min total; patient established"},
		{"99214, spent 45 minutes with the patient", "minutes 45 min @99214"},
		{"Can we bill 99213 or 99214? 34 min total.", "minutes 34 min total"},
		{"99215: total time 62 minutes", "minutes 62 min total @99215"},
		{"45-minute visit, 99204, new patient", "minutes 45 min; patient new"},
		{"She spent 1 hr 15 min total on the date. 99205.", "minutes 75 min total"},
		{"time was 1.5 hours total for 99205", "minutes 90 min total @99205"},
		{"The note says total time is 38 minutes. 99214?", "minutes 38 min total"},
		{"34 mins face to face, 99214", "minutes 34 min face-to-face"},
		{"99214, 25 min of 40 spent counseling", "minutes 25 min other @99214"},
		{"NP started, MD finished, 20 of 45 minutes. Bill 99214 under MD?", "minutes 45 min other"},
		{"99239 discharge day, more than 30 minutes documented", "minutes 31 min discharge @99239"},
		{"99291 x1, 42 minutes of critical care", "minutes 42 min critical care @99291"},
		{"99291 and 99292, critical care time 110 min", "minutes 110 min critical care"},
		{"NP 20 min, MD 25 minutes, 99232", "minutes 20 min; minutes 25 min"},
		{"99214-25 with 20 minutes", "minutes 20 min @99214"},
		{"Visit ran 10:05-10:50, can I bill 99215?", "minutes 45 min"},
		{"99214 from 1:10 pm to 1:45 pm", "minutes 35 min @99214"},
		{"the visit was 11:40 to 12:15, 99214", "minutes 35 min"},

		// Thresholds and other minutes.
		{"99214 needs 30 minutes, right?", ""},
		{"99213 is 20-29 minutes, 99214 is 30-39 minutes", ""},
		{"99417 for each additional 15 minutes", ""},
		{"per 15 minutes", ""},
		{"97110 is a 15 minute code", ""},
		{"The minimum of 99215 is at least 40 minutes", ""},
		{"patient was 20 minutes late, 99213", ""},
		{"Call us within 30 minutes", ""},
		{"we met 10 minutes ago about 99213", ""},
		{"the nurse spent 15 minutes, 99211", "minutes 15 min other"},
		{"96365 infusion ran 50 minutes", "minutes 50 min other @96365"},
		{"Staffed 8:00-17:00 Mon-Fri, 99213?", ""},
		{"surgery at 7:30 tomorrow, 47562", ""},
		{"DOS 03/02/2026 99213", ""},
		{"Meeting 3/2/2026 10:05 about 99213", ""},
		{"62 yo M 99213", ""},
		{"BP 120/80, A1c 7.2, 99213", ""},

		// Therapy.
		{"97110 23 min, 97140 15 min", "minutes 23 min @97110; minutes 15 min @97140"},
		{"23 min 97110, 15 min 97140", "minutes 23 min @97110; minutes 15 min @97140"},
		{"97110 x2 and 97140 x1, 38 total timed minutes", "minutes 38 min therapy"},
		{"97110 x2 and 97140 x1, total timed 38 min", "minutes 38 min therapy"},
		{"33 minutes of 97110 and 7 minutes of 97140", "minutes 33 min @97110; minutes 7 min @97140"},
		{"97110: 18 min\n97140: 13 min\n97116: 10 min", "minutes 18 min @97110; minutes 13 min @97140; minutes 10 min @97116"},

		// Decision making.
		{"moderate MDM, 99214", "mdm moderate"},
		{"99214, MDM: moderate", "mdm moderate"},
		{"medical decision making of high complexity, 99215", "mdm high"},
		{"low complexity medical decision making for 99213", "mdm low"},
		{"MDM is straightforward, 99212?", "mdm straightforward"},
		{"99214: problems moderate, data limited, risk moderate", "problems moderate; data low; risk moderate"},
		{"moderate number of problems, extensive data, high risk, 99215", "problems moderate; data high; risk high"},
		{"high risk patient, 99215", ""},
		{"low or moderate MDM? 99213", ""},
		{"moderate pain, low back, 99213", ""},

		// Doses.
		{"J3301, gave 40 mg", "dose 40 mg @J3301"},
		{"J3301 x4 for 40mg", "dose 40 mg @J3301"},
		{"injected 80mg of depo, J1040", "dose 80 mg"},
		{"Gave 40 mg from a 60 mg single-dose vial, code unit 10 mg, threw out the rest.", "dose 40 mg; vial 60 mg single-dose; wasted rest"},
		{"J9035 used 2 vials of 50mg, wasted 20 mg", "vial 50 mg x2 @J9035; wasted 20 mg"},
		{"two 100 mg vials opened, 150 mg given, 50 mg discarded. J9035", "vial 100 mg x2; dose 150 mg; wasted 50 mg"},
		{"J1885 60 mg IM, nothing wasted", "dose 60 mg @J1885; wasted none"},
		{"J0585 155 units injected from a 200 unit SDV", "vial 200 units single-dose @J0585"},
		{"J0585, 155 units", ""},
		{"J3301 from a multi-dose vial", "vial multi-dose"},
		{"J0696 1 gm IM", "dose 1 g @J0696"},
		{"0.5 ml given, 90715", "dose 0.5 ml"},

		{"Injected 1 cc of Kenalog-40 (40 mg/mL), J3301", "dose 1 ml; concentration 40 mg per ml"},
		{"Gave 30mg Toradol IM (J1885) from a 60mg/2ml vial", "dose 30 mg; concentration 30 mg per ml @J1885; vial 60 mg @J1885"},
		{"J1745 320 mg given, 4 vials 100 mg each, 80 mg discarded", "dose 320 mg @J1745; vial 100 mg x4; wasted 80 mg"},
		{"Keytruda 200 mg (2 x 100 mg vials), no waste. J9271", "dose 200 mg; vial 100 mg x2; wasted none"},
		{"J9035 10 mg/kg, 820 mg given", "dose 820 mg @J9035"},

		// Styles of their own.
		{"Provider documented 52 total minutes on DOS for 99215.", "minutes 52 min total"},
		{"97110 (15 min) + 97140 (10 min) + 97112 (13 min) = 38 min total", "minutes 15 min @97110; minutes 10 min @97140; minutes 13 min @97112; minutes 38 min total"},
		{"CPT 97110 - 25 mins\nCPT 97140 - 8 mins\nTotal timed: 33 mins", "minutes 25 min @97110; minutes 8 min @97140; minutes 33 min therapy"},
		{"99214 - moderate MDM - 28 minutes", "mdm moderate; minutes 28 min @99214"},
		{"Low MDM per auditor; doc says moderate MDM", "mdm low; mdm moderate"},
		{"99497 ACP 20 minutes and 99214 25 minutes", "minutes 20 min @99497; minutes 25 min @99214"},
		{"prior auth 30 days, 64493", ""},
		{"ABN signed, copay $40, 99213", ""},
		{"01967, anesthesia start 22:15 end 02:45", "minutes 270 min anesthesia @01967"},

		// Not doses.
		{"J3301 is per 10 mg", ""},
		{"Kenalog 40 mg/ml, J3301", "concentration 40 mg per ml"},
		{"takes metformin 500 mg bid, 99213", ""},
		{"lisinopril 20 mg daily, 99214", ""},
		{"creatinine 1.2 mg/dl, 80053", ""},
		{"97110 3 units", ""},
		{"billed 4 units of J3301", ""},

		// Anesthesia.
		{"00790, 7 base units, 95 minutes of anesthesia, ASA 3", "base-units 7 units @00790; minutes 95 min anesthesia; physical-status P3"},
		{"00400 base units: 3, anesthesia start 0730 stop 0905", "base-units 3 units @00400; minutes 95 min anesthesia"},
		{"anesthesia time 7:30 - 9:05, ASA class II, 00840-QZ", "minutes 95 min anesthesia; physical-status P2"},
	} {
		if got := amountsOf(test.text); got != test.want {
			t.Errorf("%q\n got  %s\n want %s", test.text, got, test.want)
		}
	}
}

// TestStatedAmountsLieInTheText: each amount names a stretch of its own text.
func FuzzStated(f *testing.F) {
	for _, s := range []string{"34 min total, 99214", "10:05-10:50", "2 vials of 50mg, wasted 20 mg", "MDM: moderate", "ASA iii 7 base units", "1,000 units iu \u00b5g", "5-", "base", ".5mg.", "1 hr and"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range stated(text, Find(text, Options{})) {
			if s.Start < 0 || s.End < s.Start || s.Start > len(text) || s.Kind == "" || s.Value < 0 {
				t.Errorf("%+v of %q", s, text)
			}
		}
	})
}

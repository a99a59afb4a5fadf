package codes

import (
	"fmt"
	"testing"
)

func TestSituation(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{ // setting place age sex
		{"62 yo M with knee pain, 20610-RT in our office", "practitioner 11 62 M"},
		{"45-year-old woman, 58571, hospital outpatient", "hospital 22 45 F"},
		{"31267 at the ASC, 55F", "asc 24 55 F"},
		{"99213 POS 11, age 7", "practitioner 11 7 -"},
		{"Rev 0360 with 27447", "hospital - - -"},
		{"6 month old boy, 90471", "- - 0 M"},
		{"A 30 yo woman and a 60 yo man had 99213", "- - - -"},     // two patients
		{"ASC or hospital outpatient for 66984?", "- - - -"},       // two places
		{"My surgeon says he did 31267 on the patient", "- - - -"}, // the surgeon's pronoun
		{"Patient came back, she had 97110 today", "- - - F"},
		{"3 year warranty, 25 minutes, 99213", "- - - -"},
		{"99213, 4 weeks after 27447", "- - - -"},
		{"Sex: F, DOB on file, 77067", "- - - F"},
	}
	for _, tt := range tests {
		r := readReply(tt.text)
		got := ""
		for _, v := range []string{r.Setting, r.Place} {
			if v == "" {
				v = "-"
			}
			got += v + " "
		}
		if r.Age == nil {
			got += "- "
		} else {
			got += fmt.Sprint(*r.Age, " ")
		}
		if r.Sex == "" {
			got += "-"
		}
		got += r.Sex
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

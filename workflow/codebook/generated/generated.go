// Package generated writes files in the layouts of Medicare's, as large as the official ones and with made-up rows, for benchmarks of the
// codebook and of what asks it. It is not part of the program: only tests import it. The same sizes give the same files.
package generated

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Codes are some 19,000 codes of the forms that Medicare's files have, sorted.
func Codes() []string {
	var all []string
	for n := range 14_000 {
		all = append(all, fmt.Sprintf("%05d", 100+n*7))
	}
	for n := range 2_500 {
		all = append(all, string("ACGJLQ"[n%6])+fmt.Sprintf("%04d", n*3%10_000), fmt.Sprintf("%04d%c", n%10_000, "TU"[n%2]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// file is one file being written; the first error stays.
type file struct {
	f   *os.File
	w   *bufio.Writer
	err error
}

func create(path string) *file {
	f, err := os.Create(path)
	if err != nil {
		return &file{err: err}
	}
	return &file{f: f, w: bufio.NewWriterSize(f, 1<<20)}
}

func (f *file) printf(format string, args ...any) {
	if f.err == nil {
		_, f.err = fmt.Fprintf(f.w, format, args...)
	}
}

func (f *file) close() error {
	if f == nil || f.f == nil {
		if f != nil {
			return f.err
		}
		return nil
	}
	if f.err == nil {
		f.err = f.w.Flush()
	}
	if err := f.f.Close(); f.err == nil {
		f.err = err
	}
	return f.err
}

const pairHead = "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\nColumn1/Column2 Edits\t\t\t\t\t\t\r\n" +
	"Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n" +
	"\t\t\t\t*=no data\t1=allowed\t\r\n\t\t\t\t\t9=not applicable\t\r\n"

// Pairs writes the PTP files of a set (prefix ccipra or ccioph) as CMS does, four parts of a version, with rows in all: a few codes pair with
// thousands, most with some hundred, sorted as the official files are. It returns some pairs that are in force.
func Pairs(dir, prefix string, rows int) (inForce [][2]string, err error) {
	random := rand.New(rand.NewPCG(2026, uint64(rows)))
	all := Codes()
	rationales := []string{"Standards of medical / surgical practice", "Mutually exclusive procedures", "CPT Manual or CMS manual coding instruction",
		"Misuse of Column Two code with Column One code", "More extensive procedure", "Sequential procedure", "HCPCS/CPT procedure code definition"}
	var quarters []string
	for year := 1997; year <= 2026; year++ {
		for _, d := range []string{"0101", "0401", "0701", "1001"} {
			quarters = append(quarters, fmt.Sprint(year)+d)
		}
	}
	perCode := rows * 105 / 100 / len(all)
	per := rows/4 + 1
	written, part := 0, 0
	var f *file
	for i, code := range all {
		n := perCode
		if i%50 == 0 {
			n *= 12 // the codes that nearly everything includes
		} else {
			n = n * 3 / 4
		}
		step := max(1, len(all)/(n+1))
		at := random.IntN(step)
		for ; n > 0 && at < len(all) && written < rows; n, at = n-1, at+step {
			if all[at] == code {
				continue
			}
			if written%per == 0 {
				if err := f.close(); err != nil {
					return nil, err
				}
				part++
				f = create(filepath.Join(dir, fmt.Sprintf("%s-v322r0-f%d.txt", prefix, part)))
				f.printf("%s", pairHead)
			}
			from := random.IntN(len(quarters) - 4)
			deletion, indicator := "*", random.IntN(2)
			switch random.IntN(10) {
			case 0, 1, 2:
				deletion = quarters[from+1+random.IntN(3)][:4] + "1231"
			case 3:
				deletion, indicator = quarters[from], 9
			default:
				if random.IntN(200) == 0 {
					inForce = append(inForce, [2]string{code, all[at]})
				}
			}
			f.printf("%s\t%s\t\t%s\t%s\t%d\t%s\r\n", code, all[at], quarters[from], deletion, indicator, rationales[random.IntN(len(rationales))])
			written++
		}
	}
	return inForce, f.close()
}

// Facts writes the other files that a check of a line asks, of every code: the fee schedule of July 2026, the MUE tables of its quarter and the
// add-on code edits.
func Facts(dir string) error {
	random := rand.New(rand.NewPCG(7, 2026))
	all := Codes()
	fees := create(filepath.Join(dir, "PPRRVU2026_Jul_nonQPP.csv"))
	fees.printf("%s", feeHead)
	for i, code := range all {
		global := []string{"000", "010", "090", "XXX", "XXX", "ZZZ"}[random.IntN(6)]
		fees.printf("%s,,own words,A,,%.2f,1.04,,0.44,,0.13,1.96,1.36,0,%s,0.00,0.00,0.00,%d,%d,%d,%d,0,0,,33.4009,09,0,99,0.00,0.00,0.00\n",
			code, random.Float64()*20, global, random.IntN(4), random.IntN(4), random.IntN(3), random.IntN(3))
		if i%15 == 0 {
			for _, component := range []string{"26", "TC"} {
				fees.printf("%s,%s,own words,A,,0.22,0.08,,0.08,,0.01,0.31,0.31,1,XXX,0.00,0.00,0.00,0,0,0,0,0,0,,33.4009,09,0,99,0.00,0.00,0.00\n", code, component)
			}
		}
	}
	if err := fees.close(); err != nil {
		return err
	}
	for name, words := range map[string]string{"PractitionerServices": "Practitioner", "OutpatientHospitalServices": "Outpatient Hospital", "DMESupplierServices": "DME Supplier"} {
		limits := create(filepath.Join(dir, "MCR_MUE_"+name+"_Eff_07-01-2026.csv"))
		limits.printf("\"HCPCS/\nCPT Code\",%s Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n", words)
		for i, code := range all {
			if i%5 != 0 {
				limits.printf("%s,%d,%d Date of Service Edit: Policy,CMS Policy\n", code, 1+i%4, 2+i%2)
			}
		}
		if err := limits.close(); err != nil {
			return err
		}
	}
	addOns := create(filepath.Join(dir, "AOC_V2026Q3-MCR.txt"))
	addOns.printf("AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT\tSpecial_Instruction_Notes\r\n")
	for i := 0; i < len(all); i += 25 {
		for n := range 40 {
			addOns.printf("1\t%s\t\t%s\t\t2013001\t\t\r\n", all[i], all[(i+1+n*7)%len(all)])
		}
	}
	return addOns.close()
}

const feeHead = `,,2026 National Physician Fee Schedule Relative Value File July Release nonQPP,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,,RELEASED 06/10/2026,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,, , ,,,,,,,,,,,,,,,,,,,,,,,,,,NON-FACILITY,FACILITY,
,,,,NOT USED,,,,,,,,,,,,,,,,,,,,,,PHYSICIAN,,DIAGNOSTIC,PE USED,PE USED,MP USED
,,,,FOR,,,NON-FAC,,FACILITY ,,,,,,,,,,,,,,,,,SUPERVISION OF,,IMAGING,FOR OPPS,FOR OPPS,FOR OPPS
,,,STATUS,MEDICARE ,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST,CO-,TEAM,PRIC,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT
HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,SURG,SURG,SURG,IND,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT
`

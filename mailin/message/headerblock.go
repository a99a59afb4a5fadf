package message

import (
	"regexp"
	"strings"
)

// headerNames are the names that mail programs write over quoted mail, in the languages that are met: 1 is the sender, 2 when it
// was sent, 3 to whom, 4 to whom else, 5 the subject, 6 others, 7 its date, which letters and forms have too.
var headerNames = map[string]int{
	"from": 1, "von": 1, "de": 1, "da": 1, "van": 1, "från": 1, "fra": 1, "od": 1, "от": 1, "lähettäjä": 1, "odesílatel": 1, "odosielateľ": 1, "από": 1, "de la": 1, "pošiljatelj": 1, "feladó": 1, "kimden": 1, "gönderen": 1, "remitente": 1, "expéditeur": 1, "差出人": 1, "发件人": 1, "寄件者": 1, "보낸 사람": 1,
	"sent": 2, "gesendet": 2, "envoyé": 2, "enviado": 2, "enviado el": 2, "inviato": 2, "verzonden": 2, "skickat": 2, "sendt": 2, "wysłano": 2, "отправлено": 2, "lähetetty": 2, "odesláno": 2, "küldve": 2, "gönderildi": 2, "送信日時": 2, "发送时间": 2, "寄件日期": 2, "보낸 날짜": 2, "στάλθηκε": 2, "odoslané": 2, "poslano": 2, "trimis": 2,
	"date": 7, "datum": 7, "fecha": 7, "data": 7, "dato": 7, "дата": 7, "päivämäärä": 7, "tarih": 7, "日付": 7, "日期": 7, "날짜": 7, "dată": 7,
	"to": 3, "an": 3, "à": 3, "para": 3, "a": 3, "aan": 3, "till": 3, "til": 3, "do": 3, "кому": 3, "vastaanottaja": 3, "komu": 3, "címzett": 3, "kime": 3, "宛先": 3, "收件人": 3, "받는 사람": 3, "către": 3, "προς": 3, "prima": 3,
	"cc": 4, "kopie": 4, "kopia": 4, "copie": 4,
	"subject": 5, "betreff": 5, "objet": 5, "asunto": 5, "oggetto": 5, "assunto": 5, "onderwerp": 5, "ämne": 5, "emne": 5, "temat": 5, "тема": 5, "aihe": 5, "předmět": 5, "tárgy": 5, "konu": 5, "件名": 5, "主题": 5, "主旨": 5, "제목": 5, "subiect": 5, "θέμα": 5, "predmet": 5,
	"reply-to": 6, "importance": 6, "wichtigkeit": 6,
}

// blockSeen is what a header block over quoted mail has.
type blockSeen struct {
	found  int  // different fields
	sender bool // among them the sender's
	strong bool // something that only mail has: when it was sent, a clock time, an address
}

// headerBlock reads the header lines that begin at line i: "From: ... Sent: ... To: ... Subject: ...". It begins with the sender's or the date's,
// since a claim line can look like one of the others.
func headerBlock(lines []line, i int) blockSeen {
	var b blockSeen
	if len(lines[i].text) > 1000 || !strings.ContainsAny(lines[i].text, ":：") {
		return b
	}
	seen, misses := 0, 0
	for j := i; j < len(lines) && j < i+12; j++ {
		s := strings.Trim(strings.TrimLeft(lines[j].text, "> \t"), "*")
		if len(s) > 1000 {
			s = s[:1000]
		}
		name, value, ok := strings.Cut(strings.ReplaceAll(s, "：", ":"), ":")
		kind := headerNames[strings.ToLower(strings.Trim(name, "* \t\u00a0"))]
		if !ok || kind == 0 {
			if j == i {
				return blockSeen{}
			}
			if s == "" || misses == 2 {
				break
			}
			misses++ // a folded value
			continue
		}
		value = strings.TrimSpace(strings.Trim(value, "* "))
		if j == i && (kind != 1 && kind != 2 && kind != 7 || value == "") {
			return blockSeen{}
		}
		if seen&(1<<kind) != 0 {
			continue
		}
		seen |= 1 << kind
		b.found++
		switch kind {
		case 1:
			b.sender = true
			b.strong = b.strong || strings.Contains(value, "@")
		case 2:
			b.strong = true
		case 3:
			b.strong = b.strong || strings.Contains(value, "@")
		case 7:
			b.strong = b.strong || clockPattern.MatchString(value)
		}
	}
	if seen&(1<<1) == 0 && seen&(1<<5) == 0 {
		return blockSeen{} // "Date: 1 To: 2" of a table is none
	}
	return b
}

// clockPattern is a time of day.
var clockPattern = regexp.MustCompile(`\d{1,2}[:.]\d{2}|\d{1,2} ?[hH時时시] ?\d{2}`)

// outlookBlock tells the header block over quoted mail from that of a letter or a fax cover, which has no addresses and no times.
func outlookBlock(lines []line, i int) bool {
	b := headerBlock(lines, i)
	return b.found >= 3 && b.sender && b.strong
}

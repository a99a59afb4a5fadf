package message

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// foreign are letters about a claim in the languages of the charsets that are told apart, written for this test.
var foreign = map[string]struct {
	text     string
	charsets []string
}{
	"French":     {"Bonjour, la caisse a refusé le code à cause d’un modificateur manquant. Pouvez-vous vérifier si la procédure était déjà comprise dans la première opération ? Très cordialement, Hélène", []string{"windows-1252"}},
	"German":     {"Guten Tag, die Kasse lehnt die Abrechnung für den zweiten Eingriff ab. Können Sie prüfen, ob die Höhe der Gebühr stimmt und was wir ändern müssen? Mit freundlichen Grüßen", []string{"windows-1252"}},
	"Spanish":    {"Buenos días, la aseguradora negó el código de la operación. ¿Podría decirnos si necesitamos un modificador y qué documentación más habría que enviar el próximo año?", []string{"windows-1252"}},
	"Portuguese": {"Bom dia, a operadora não aceitou o código da operação. Vocês poderiam verificar se é necessária uma autorização e qual é a situação do paciente? Obrigada pela atenção", []string{"windows-1252"}},
	"Italian":    {"Buongiorno, l’assicurazione non ha accettato il codice perché l’attività era già compresa. È possibile verificare se c’è una più corretta modalità?", []string{"windows-1252"}},
	"Swedish":    {"Hej, försäkringen har inte godkänt åtgärden. Kan ni kontrollera om koden är rätt och vad vi måste ändra på räkningen för nästa år?", []string{"windows-1252"}},
	"Danish":     {"Hej, forsikringen har afvist regningen på grund af en forkert kode. Kan I undersøge, om der også mangler en ændring, før vi sender den igen?", []string{"windows-1252"}},
	"Icelandic":  {"Góðan daginn, tryggingafélagið hafnaði aðgerðinni. Getið þið athugað hvort kóðinn sé réttur og hverju þarf að breyta á reikningnum?", []string{"windows-1252"}},
	"Polish":     {"Dzień dobry, ubezpieczyciel odrzucił fakturę z powodu błędnego kodu. Czy możecie sprawdzić, jaką zmianę należy wprowadzić, żeby została przyjęta?", []string{"windows-1250", "iso-8859-2"}},
	"Czech":      {"Dobrý den, pojišťovna odmítla účet kvůli chybějícímu kódu. Můžete prosím ověřit, zda je výkon správně a co musíme změnit příští měsíc?", []string{"windows-1250", "iso-8859-2"}},
	"Hungarian":  {"Jó napot, a biztosító elutasította a számlát egy hiányzó kód miatt. Kérem, ellenőrizzék, hogy a műtét díja helyes-e, és mit kell módosítanunk a következő időszakban!", []string{"windows-1250", "iso-8859-2"}},
	"Croatian":   {"Dobar dan, osiguranje je odbilo račun zbog pogrešne šifre. Možete li provjeriti je li zahvat već uključen i što još moramo poslati sljedeći tjedan?", []string{"windows-1250", "iso-8859-2"}},
	"Romanian":   {"Bună ziua, casa de asigurări a refuzat factura din cauza unui cod greşit. Puteţi verifica dacă intervenţia este inclusă şi ce trebuie să schimbăm?", []string{"windows-1250", "iso-8859-2"}},
	"Turkish":    {"Merhaba, sigorta şirketi kod eksik olduğu için faturayı reddetti. İşlemin doğru olup olmadığını ve neyi değiştirmemiz gerektiğini kontrol eder misiniz?", []string{"windows-1254"}},
	"Lithuanian": {"Laba diena, draudimas atmetė sąskaitą dėl klaidingo kodo. Ar galėtumėte patikrinti, ką turime pakeisti, kad ji būtų priimta kitą mėnesį?", []string{"windows-1257"}},
	"Russian":    {"Здравствуйте, страховая компания отклонила счёт из-за неверного кода. Пожалуйста, проверьте, какой модификатор нужен и что мы должны изменить.", []string{"windows-1251", "koi8-r", "iso-8859-5", "cp866"}},
	"Ukrainian":  {"Добрий день, страхова компанія відхилила рахунок через неправильний код. Будь ласка, перевірте, який модифікатор потрібен і що ми маємо змінити.", []string{"windows-1251", "koi8-u"}},
	"Bulgarian":  {"Добър ден, застрахователят отказа фактурата заради грешен код. Моля, проверете какъв модификатор е нужен и какво трябва да променим.", []string{"windows-1251"}},
	"Greek":      {"Καλημέρα, η ασφάλεια απέρριψε τον λογαριασμό επειδή λείπει ένας κωδικός. Μπορείτε να ελέγξετε τι πρέπει να αλλάξουμε στην επόμενη αίτηση;", []string{"windows-1253", "iso-8859-7"}},
	"Hebrew":     {"שלום, חברת הביטוח דחתה את החשבון בגלל קוד שגוי. האם תוכלו לבדוק איזה תיקון נדרש ומה עלינו לשנות לפני שנשלח שוב?", []string{"windows-1255"}},
	"Arabic":     {"مرحبا، رفضت شركة التأمين الفاتورة بسبب رمز خاطئ. هل يمكنكم التحقق من التعديل المطلوب وما الذي يجب علينا تغييره قبل الإرسال مرة أخرى؟", []string{"windows-1256"}},
	"Thai":       {"สวัสดีค่ะ บริษัทประกันปฏิเสธใบแจ้งหนี้เพราะรหัสไม่ถูกต้อง กรุณาตรวจสอบว่าต้องแก้ไขอะไรก่อนส่งอีกครั้ง ขอบคุณค่ะ", []string{"windows-874"}},
	"Chinese":    {"您好，保险公司因为代码错误拒绝付款。请帮我们确认这两个手术在同一天是否可以单独收费，以及需要修改什么。谢谢您的帮助。", []string{"gb18030"}},
	"Taiwan":     {"您好，保險公司因為代碼錯誤拒絕付款。請幫我們確認這兩個手術在同一天是否可以單獨收費，以及需要修改什麼。謝謝您的幫助。", []string{"big5"}},
	"Japanese":   {"お世話になっております。保険会社からコードの誤りを理由に支払いを拒否されました。同じ日に二つの手術を別々に請求できるか、ご確認をお願いいたします。", []string{"shift_jis", "euc-jp"}},
	"Korean":     {"안녕하세요, 보험 회사에서 코드가 잘못되었다는 이유로 지급을 거절했습니다. 같은 날 두 가지 수술을 따로 청구할 수 있는지 확인해 주시기 바랍니다.", []string{"euc-kr"}},
}

// held are texts of another kind that the tables were not tried on while they were made.
var held = map[string]struct {
	text     string
	charsets []string
}{
	"French":     {"Le train de huit heures était complet, alors nous avons attendu près du café où ma sœur travaillait l’été dernier. Il faisait très froid et la fenêtre était ouverte.", []string{"windows-1252"}},
	"German":     {"Am Wochenende fuhren wir über die Brücke zum Schloss, wo später ein großes Fest war. Die Mädchen hörten Musik und aßen süße Äpfel, bis es kühl wurde.", []string{"windows-1252"}},
	"Spanish":    {"El sábado pasado mi tía cocinó una sopa riquísima mientras los niños jugaban en el jardín. Después salimos a caminar por la montaña aunque hacía frío.", []string{"windows-1252"}},
	"Portuguese": {"No sábado minha avó fez um bolo de maçã e as crianças não quiseram mais voltar para casa. À noite choveu, então ficamos na varanda até amanhã.", []string{"windows-1252"}},
	"Italian":    {"Sabato la nonna ha preparato il caffè e poi siamo andati in città, perché così potevamo vedere la partita. Più tardi è arrivato anche Niccolò.", []string{"windows-1252"}},
	"Dutch":      {"Het café was dicht, dus reden we naar België, waar onze vriend Zoë twee ideeën had: één voor vandaag en één voor de coördinatie van morgen.", []string{"windows-1252"}},
	"Norwegian":  {"Lørdag gikk vi på ski over fjellet, og så drakk vi kakao på hytta. Været var klart, men det blåste litt, så bestemor ønsket å gå hjem før kvelden.", []string{"windows-1252"}},
	"Finnish":    {"Lauantaina kävimme järvellä, vaikka sää oli kylmä. Äiti keitti keittoa, ja lapset söivät nälkäisinä kaiken ennen yötä.", []string{"windows-1252"}},
	"Polish":     {"W sobotę pojechaliśmy nad jezioro, choć było zimno. Babcia ugotowała zupę, a dzieci bawiły się w ogrodzie, dopóki nie przyszła noc. Później zaśnęły.", []string{"windows-1250", "iso-8859-2"}},
	"Czech":      {"V sobotu jsme jeli k jezeru, ačkoli bylo chladno. Babička uvařila polévku a děti si hrály na zahradě, dokud nepřišla noc. Potom všichni usnuli.", []string{"windows-1250", "iso-8859-2"}},
	"Hungarian":  {"Szombaton elmentünk a tóhoz, bár hideg volt. Nagymama levest főzött, a gyerekek pedig a kertben játszottak, amíg be nem esteledett. Később mind elaludtak.", []string{"windows-1250", "iso-8859-2"}},
	"Slovenian":  {"V soboto smo šli k jezeru, čeprav je bilo mrzlo. Babica je skuhala juho, otroci pa so se igrali na vrtu, dokler ni prišla noč. Že zjutraj so šli domov.", []string{"windows-1250"}},
	"Turkish":    {"Cumartesi günü göle gittik, hava soğuktu ama güneş vardı. Büyükannem çorba pişirdi, çocuklar da akşama kadar bahçede oynadılar. Sonra hepsi uyudu.", []string{"windows-1254"}},
	"Latvian":    {"Sestdien mēs braucām pie ezera, lai gan bija auksts. Vecmāmiņa vārīja zupu, un bērni spēlējās dārzā, kamēr pienāca nakts. Pēc tam visi aizmiga.", []string{"windows-1257"}},
	"Russian":    {"В субботу мы ездили на озеро, хотя было холодно. Бабушка варила суп, а дети играли в саду, пока не наступила ночь. Потом все уснули.", []string{"windows-1251", "koi8-r", "iso-8859-5", "cp866"}},
	"Ukrainian":  {"У суботу ми їздили на озеро, хоча було холодно. Бабуся варила суп, а діти гралися в саду, доки не настала ніч. Потім усі заснули.", []string{"windows-1251", "koi8-u"}},
	"Serbian":    {"У суботу смо ишли на језеро, иако је било хладно. Бака је кувала супу, а деца су се играла у башти док није пала ноћ. После су сви заспали.", []string{"windows-1251", "iso-8859-5"}},
	"Greek":      {"Το Σάββατο πήγαμε στη λίμνη, αν και έκανε κρύο. Η γιαγιά έφτιαξε σούπα και τα παιδιά έπαιζαν στον κήπο μέχρι να νυχτώσει. Μετά κοιμήθηκαν όλοι.", []string{"windows-1253", "iso-8859-7"}},
	"Hebrew":     {"בשבת נסענו לאגם למרות שהיה קר. סבתא בישלה מרק והילדים שיחקו בגינה עד שירד הלילה. אחר כך כולם נרדמו.", []string{"windows-1255"}},
	"Arabic":     {"يوم السبت ذهبنا إلى البحيرة رغم أن الجو كان باردا. طبخت الجدة الحساء ولعب الأطفال في الحديقة حتى جاء الليل. ثم ناموا جميعا.", []string{"windows-1256"}},
	"Thai":       {"วันเสาร์เราไปที่ทะเลสาบแม้อากาศจะหนาว คุณยายต้มซุปและเด็กๆ เล่นในสวนจนถึงกลางคืน แล้วทุกคนก็หลับไป", []string{"windows-874"}},
	"Chinese":    {"星期六我们去了湖边，虽然天气很冷。奶奶煮了汤，孩子们在花园里玩到晚上。后来大家都睡着了。", []string{"gb18030"}},
	"Taiwan":     {"星期六我們去了湖邊，雖然天氣很冷。奶奶煮了湯，孩子們在花園裡玩到晚上。後來大家都睡著了。", []string{"big5"}},
	"Japanese":   {"土曜日は寒かったけれど湖へ行きました。おばあさんがスープを作り、子どもたちは夜まで庭で遊びました。そのあとみんな眠りました。", []string{"shift_jis", "euc-jp"}},
	"Korean":     {"토요일에 날씨가 추웠지만 우리는 호수에 갔습니다. 할머니는 국을 끓이셨고 아이들은 밤이 될 때까지 마당에서 놀았습니다.", []string{"euc-kr"}},
}

func encoded(t testing.TB, text, label string) []byte {
	t.Helper()
	var enc encoding.Encoding
	if label == "cp866" {
		label = "ibm866"
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		t.Fatal(err)
	}
	b, err := encoding.ReplaceUnsupported(enc.NewEncoder()).Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pieces cuts a text at spaces, or anywhere if it has none, into pieces whose bytes are about n.
func pieces(text string, n int, size func(string) int) []string {
	var out []string
	start := 0
	for i, r := range text {
		if size(text[start:i]) >= n && (r == ' ' || !strings.Contains(text, " ")) {
			out = append(out, text[start:i])
			start = i
		}
	}
	return out
}

// TestUnlabelledText holds how often text without a label is read rightly: whole letters always, pieces of thirty bytes nearly always.
func TestUnlabelledText(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]map[string]struct {
		text     string
		charsets []string
	}{"letters": foreign, "held": held} {
		var report strings.Builder
		short, rightShort := 0, 0
		for language, l := range set {
			for _, charset := range l.charsets {
				read := func(piece string) (bool, string) {
					b := encoded(t, piece, charset)
					want, _ := decodeCharset(b, charset)
					got, _ := toUTF8(b, "")
					return got == want, got
				}
				if ok, got := read(l.text); !ok {
					t.Errorf("%s in %s is read as %q", language, charset, got)
				}
				for _, piece := range pieces(l.text, 30, func(s string) int { return len(encoded(t, s, charset)) }) {
					if utf8.RuneCountInString(piece) == len(piece) {
						continue
					}
					short++
					if ok, got := read(piece); ok {
						rightShort++
					} else {
						fmt.Fprintf(&report, "%s in %s: %q for %q\n", language, charset, got, piece)
					}
				}
			}
		}
		t.Logf("%s: %d of %d pieces of thirty bytes\n%s", name, rightShort, short, report.String())
		if rightShort*100 < short*94 {
			t.Errorf("%s: only %d of %d pieces of thirty bytes are read rightly", name, rightShort, short)
		}
	}
}

// UTF-16 and UTF-32 without a mark are known by their zeros, and by nothing else.
func TestWideTextWithoutMark(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"Latin": "Is 31297 payable with 31288?\r\nZoë", "Russian": foreign["Russian"].text, "Greek": foreign["Greek"].text, "Korean": foreign["Korean"].text,
		"Hebrew": foreign["Hebrew"].text, "Japanese": "お世話に なっております。\n31297 について、ご確認を お願い いたします。\n"} {
		var little, big, wide []byte
		for _, r := range text {
			little, big = append(little, byte(r), byte(r>>8)), append(big, byte(r>>8), byte(r))
			wide = append(wide, byte(r), byte(r>>8), byte(r>>16), 0)
		}
		for order, b := range map[string][]byte{"little": little, "big": big, "wide": wide} {
			if got, _ := toUTF8(b, ""); got != text {
				t.Errorf("%s, %s: %q", name, order, got)
			}
		}
	}
	for _, text := range []string{"a question\x00 with\x00 zeros\x00\x00 in it, of even length..", "\x00\x00\x00\x00\x00\x00abcdefghijkl"} {
		if got, _ := toUTF8([]byte(text), "utf-8"); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

// Labels that the tables of browsers do not know are read as what their programs meant.
func TestLabelsOfMailPrograms(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"cp932", "\x83\x52\x81\x5b\x83\x68", "コード"}, {"windows-31j", "\x83\x52", "コ"}, {"MS_Kanji", "\x83\x52", "コ"}, {"ks_c_5601-1987", "\xb0\xa1", "가"}, {"KSC5601", "\xb0\xa1", "가"},
		{"windows-936", "\xc4\xfa", "您"}, {"GB2312_CHARSET", "\xc4\xfa", "您"}, {"cp950", "\xb1\x7a", "您"}, {"x-mac-roman", "\x8e", "é"}, {"x-mac-ce", "\xe4", "š"}, {"x-mac-cyrillic", "\x80", "А"},
		{"cp850", "\x82", "é"}, {"ibm852", "\x88", "ł"}, {"ibm-1047", "\xc1", "A"}, {"cp857", "\x8d", "ı"}, {"ansi", "\x93", "“"}, {"iso-8859-8-i", "\xe0", "א"}, {"logical", "\xe0", "א"},
		{"unicode-1-1-utf-7", "+AOk-", "é"}, {"utf8mb4", "\xc3\xa9", "é"}, {"utf-8-sig", "\xef\xbb\xbf\xc3\xa9", "é"}, {"_iso-2022-jp$ESC", "\x1b$B4A;z\x1b(B", "漢字"}, {"tis-620", "\xa1", "ก"},
		{"hz-gb-2312", "~{<:Ky2;S{~}", "己所不欲"}, {"utf-32", "\x00\x00\x00\xe9", "é"}, {"charset=iso-8859-2", "\xb1", "ą"}, {"win-1251", "\xea", "к"}, {"cp-1251", "\xea", "к"}, {"windows1250", "\xb3", "ł"},
		{"koi8r", "\xcb", "к"}, {"ISO 8859-1", "\xe9", "é"}, {`\"utf-8\"`, "\xc3\xa9", "é"}, {"utf-16le", "\xe9\x00", "é"}, {"x-unknown", "\xe9t\xe9", "été"}, {"euc-cn", "\xc4\xfa", "您"},
	} {
		if got, _ := toUTF8([]byte(c[1]), c[0]); got != c[2] {
			t.Errorf("%s: %q is read as %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// A label that cannot be true is not believed; one that can be is, even where another reading is possible.
func TestWrongLabels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ bytes, label, want, problem string }{
		"RussianCalledLatin1":   {string(encoded(t, foreign["Russian"].text, "windows-1251")), "iso-8859-1", foreign["Russian"].text, "windows-1251"},
		"ChineseCalledASCII":    {string(encoded(t, foreign["Chinese"].text, "gb18030")), "us-ascii", foreign["Chinese"].text, "gb18030"},
		"JapaneseCalledUTF8":    {string(encoded(t, foreign["Japanese"].text, "shift_jis")), "utf-8", foreign["Japanese"].text, "shift_jis"},
		"ChineseCalledBig5":     {string(encoded(t, foreign["Chinese"].text, "gb18030")), "big5", foreign["Chinese"].text, "gb18030"},
		"UTF8CalledLatin1":      {"Caf\xc3\xa9", "iso-8859-1", "Café", "UTF-8"},
		"Latin1CalledLatin1":    {"Caf\xe9 \xfcber Zo\xeb", "iso-8859-1", "Café über Zoë", ""},
		"FrenchCalledLatin1":    {string(encoded(t, foreign["French"].text, "windows-1252")), "iso-8859-1", foreign["French"].text, ""},
		"IcelandicCalledLatin1": {string(encoded(t, foreign["Icelandic"].text, "windows-1252")), "iso-8859-1", foreign["Icelandic"].text, ""},
		"UTF8WithLatin1Footer":  {"Is it \xe2\x82\xac5 for Caf\xc3\xa9 \xc3\xbcber?\n-- \nZo\xeb\n", "utf-8", "Is it €5 for Café über?\n-- \nZoë\n", "mixes"},
		"UTF8Cut":               {"Is it for Caf\xc3\xa9? \xe2\x80", "utf-8", "Is it for Café? \uFFFD", "damaged"},
		"EncodedTwice":          {"Is it f\xc3\x83\xc2\xbcr Zo\xc3\x83\xc2\xab \xc3\xa2\xe2\x82\xac\xe2\x80\x9c \xc3\x83\xc2\xa0 la carte?", "utf-8", "Is it für Zoë – à la carte?", "twice"},
		"RussianEncodedTwice":   {"\xc3\x90\xc5\xa1\xc3\x90\xc2\xbe\xc3\x90\xc2\xb4 31297", "", "Код 31297", "twice"},
		"LettersThatStay":       {"Ã la carte, Â, à, Ü, é", "utf-8", "Ã la carte, Â, à, Ü, é", ""},
		"OnlyACutCharacter":     {"Is 31297 ok? \xe2\x80 yes", "utf-8", "Is 31297 ok? \uFFFD yes", "damaged"},
	} {
		got, note := toUTF8([]byte(c.bytes), c.label)
		if got != c.want || (c.problem == "") != (note == "") || !strings.Contains(note, c.problem) {
			t.Errorf("%s: %q (%s)", name, got, note)
		}
	}
}

"""Function words of languages: short words that any text of a language is full of, whatever it is about.

Lists of our own, 20 to 40 words each; a word that several languages have counts for each of them in part. Languages that
are alone in their script need no list.
"""

from __future__ import annotations

__all__ = ["FUNCTION_WORDS"]

FUNCTION_WORDS: dict[str, str] = {
    "en": "the of and to in is that for it as was with be by on not he his this are or at from have which you an had they were but their "
    "has would what will there if can all when who more no out so up into than them then these your how we its about only do does",
    "de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach "
    "wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man wenn kann wir ich",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se le ce il sont la avec son aux ses être cette "
    "ou comme mais elle ont leur nous vous ces sans fait peut même été deux si tout dont où très je lui",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre "
    "cuando todo esta ser son dos también fue había era muy años hasta desde está nos hay porque puede otros donde usted",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando "
    "muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos são você pode",
    "it": "di che è e la il un a per in una del non sono si da con i le della come dei al anche più nel alla ma lo gli ha questo o se dal "
    "delle sua nella suo essere su ci questa degli dalla quando quello molto era stato dopo cui può tra",
    "nl": "de van het een en in is dat op te zijn met voor niet die er aan om ook als bij maar dan of uit nog naar wordt door over hij was "
    "heeft ze worden deze kan tot meer geen wel zich dit al je hebben ik wat we u",
    "sv": "och i att det som en på är av för med den till inte har de om ett men var jag sig från vi så kan man när år du eller vid nu "
    "över efter skall ska bara under där han hade denna hur mot alla också",
    "da": "og i at det som en på er af for med den til ikke har de et der men var jeg sig fra vi så kan man når år du eller ved nu "
    "over efter skal bare under blev han havde hvor mod alle også kun hvis være vil blive",
    "no": "og i at det som en på er av for med den til ikke har de et men var jeg seg fra vi så kan man når år du eller ved nå over etter "
    "skal bare under ble han hadde hvor mot alle også hvis være vil bli dette slik mye gjør",
    "fi": "ja on ei se että hän oli mutta ovat kun niin kuin joka tai myös jos ole sen vain jo voi nyt mukaan kanssa olla mitä siitä sitä "
    "tämä tämän sekä ennen jälkeen vielä ollut eivät ne joka jotka mikä minä voidaan",
    "et": "ja on ei see et oli ka kui ning mis aga või selle seda siis oma need kes ma ta veel nii kuid ainult juba pärast enne saab tema "
    "olid nende kõik väga välja",
    "pl": "i w na z do się nie to że jest o jak po od za przez dla co czy być tym oraz są ma jego może tego ale lub już tylko który która "
    "które których przy tak jej także można był było jeśli gdy bez między",
    "cs": "a v na se je to že s z o i do k za ve po od pro jako by jsou byl ale nebo které který která jeho co při jen však také až když "
    "už podle může bylo byla není jsem být tak své tento tato pokud ani než",
    "sk": "a v na sa je to že s z o i do k za vo po od pre ako by sú bol ale alebo ktoré ktorý ktorá jeho čo pri len však tiež až keď už "
    "podľa môže bolo bola nie som byť tak svoje tento táto ak ani než aj",
    "hu": "a az és hogy nem is egy ez meg már csak de van volt mint el ha vagy kell még azt ezt ki amely lehet szerint után lesz minden "
    "több nagyon ami akkor mert pedig közül között ezek voltak illetve sem be",
    "ro": "de în și a la cu pe din nu care că este o să mai un fi ce se pentru sunt al prin ca au după fost lui dar sau ale fără unei unui "
    "acest această poate fie dacă între când toate numai asupra ei am",
    "tr": "ve bir bu da de için ile olarak olan çok daha gibi kadar sonra en ne var değil her mi olduğu veya ancak göre ise ki hem diye "
    "şey bunun tüm iki kendi bütün eğer şu yok olur nasıl sadece bana",
    "id": "yang dan di dengan untuk ini dari dalam tidak itu pada akan adalah ke oleh atau juga sebagai telah ada bisa saya dapat karena "
    "mereka lebih sudah kami anda tersebut bahwa seperti hanya kita agar jika harus orang",
    "vi": "và của là có được cho không các trong một với người những khi này đã từ để đến như về tại theo cũng nhiều ra vào trên đó làm sẽ "
    "năm bạn nếu phải hay hoặc bị tôi chỉ còn",
    "ca": "de la que i el en a els les un per amb no una és se del dels al com més o però seu seva han ha va ser aquest aquesta també "
    "molt sobre entre quan fins són està sense si tot perquè on només pot aquests nosaltres",
    "hr": "i u na je se da su za od s kao o iz ne bi što koji koja koje ili po ali te nije sam biti ako može samo kako bio bila bilo više "
    "prije nakon već treba između svoje ovo jer kada sve još do",
    "lt": "ir kad yra į su iš kaip tai bet ar už apie nuo jo jos tik buvo prie po savo taip jau dėl per kurie kuris labai jų būti gali "
    "arba šis jei nes dar ne",
    "lv": "un ir no ar kas ka par uz kā bet vai pēc tas tā arī nav lai tikai pie šo tiek vairāk jau būt bija gan līdz var ja kur viņa "
    "savu šī tam",
    "eo": "la kaj de en estas al ne por ke kun sed oni el li mi vi ĝi tiu pri kiel pli ankaŭ aŭ ili sur tio kiu kiuj nur se estis post "
    "povas per",
    "ru": "и в не на что с он я по как это но к из у за от так о же его все бы для или только быть был мы то они если при может также "
    "уже есть когда до был была было этого который которые чтобы этот вы нет",
    "uk": "і в не на що з він я по як це але до із у за від так про же його все для або тільки бути був ми та вони якщо при може також "
    "вже є коли була було цього який які щоб цей ви немає й",
    "bg": "и в не на че с той аз по как това но към от у за са така о му се да или само бъде беше ние те ако при може също вече е когато "
    "до която който които този вие няма ще със",
    "sr": "и у на је се да су за од с као о из не би што који која које или по али те није сам бити ако може само како био била било више "
    "пре након већ треба између своје ово јер када све још до",
    "ar": "في من على إلى أن التي الذي عن مع هذا هذه كان ما لا لم أو بعد كل بين قد هو هي ذلك كما قبل غير حيث عند كانت حتى ثم إذا أي منذ "
    "لكن به ولا يمكن",
    "fa": "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز شده شود ها می بود ما او اما هر یا دو شد کند آنها باید پس "
    "اگر های نمی",
    "ur": "کے کی میں اور ہے سے کا کو پر کہ نے یہ ہیں اس بھی ایک کر تھا جو نہیں ان گیا ہو وہ ہی تو لیے کیا کرنے اپنے بعد ساتھ گے تھے",
    "hi": "के में की है और से का को पर कि ने यह हैं इस भी एक कर था जो नहीं उन गया हो वह ही तो लिए किया करने अपने बाद साथ थे या होता हुए जा",
    "mr": "आणि आहे या व तो ते ती की हे होते होता आहेत नाही च्या एक मध्ये त्या त्याच्या करून पण केली केले साठी हा ही झाले असे किंवा",
}  # fmt: skip
"""Languages by their ISO 639-1 code; 'no' is Bokmål, 'hr' stands for the Latin script of Bosnian, Croatian and Serbian."""

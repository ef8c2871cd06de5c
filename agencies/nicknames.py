"""Short and other forms of forenames, so that Kate meets Catherine: the project's own table, from common knowledge of use.

Between semicolons, a name: the full form, then what its bearers are called and how else it is spelt.
A short form may stand for several names (Alex), and then for each of them. No name here is evidence of anything; a form that
is missing costs a match its certainty, no more. Leaves out: names a person chose for the street; those are aliases.
"""

from collections import defaultdict
from typing import Final

_TABLE: Final = """
abigail abbie abby abi gail; adelaide addie ada; agnes aggie agness; agnieszka aga agness agnes; aisha ayesha aishah aesha
aisling ashling aislinn; albert al bert bertie; aleksandra ola alexandra sandra
alexander alex al sandy xander alec sasha alexandru aleksander alistair
alexandra alex sandra sandy lexi lexie alexa sasha alexandrea; alfred alf alfie fred freddie; alice ali alicia alys allie
alison ali allison alyson alli; amanda mandy manda amandah; amelia amy millie emilia milly; amina aminah
andrea andie andi andreea; andrew andy drew andrei andrzej andre; angela angie ange angel angelina
anna ann anne ania annie hannah anya annette ana anushka; ann anne annie anna anita; anthony tony ant anton antony
antoinette toni nettie; aoife eefa; arthur art artie; ashley ash ashleigh ashlee; barbara babs barb barbie
beatrice bea trixie bee beatrix beata; belinda bel lindy bella; benjamin ben benny benji; bernadette bernie detta
bernard bernie; bethany beth bethan bethanie; beverley bev beverly; bridget bridie biddy brigid bronagh breda
bronwen bron bronwyn; cameron cam; caroline carol carrie caz carolyn caro karolina; cassandra cass cassie sandra cassy
catherine kate katie cath cathy kathy kat kay katherine kathryn kathrine cathryn catharine kath kitty kit cat katarzyna kasia
charlene charley char sharlene charlie; charles charlie chas chuck charley carl; charlotte charlie lottie char lotte charley
chantelle shantelle chantel chantal shan; cheryl chez sheryl cher chezza
christina chris chrissy tina kristina christine cristina krystyna; christine chris chrissy tina christina kristine
christopher chris kit topher kris krzysztof cristian christian; claire clare clair clara; constance connie; cynthia cindy
daniel dan danny danil; danielle dani dan daniella danni daniela; david dave davey davie dai
deborah deb debbie debs debra debora; deirdre dee didi; denise dee denisa; diane di diana dianne; donald don donny
donna dons; dorothy dot dottie dolly dorota; edward ed eddie ted teddy ned; eileen aileen; elaine lainey
eleanor ellie nell nora elle elinor ellen nelly elena lena
elizabeth liz lizzie beth betty lizzy eliza lisa elisabeth betsy libby bess elsie elspeth ellie elizabet elżbieta ela
ellen nell ellie helen; emily em emma emmy millie; emma em emmy emmie; emmanuel manny emanuel; esther hester essie
eugene gene; ewa eva eve; faith fay; farzana farzanah; fatima fatimah fatema fatma fatou fatimata; fiona fi fee
florence flo florrie flossie; frances fran frankie francesca franny francis; francis frank frankie fran
frederick fred freddie freddy; gabrielle gabby gabi gabriela gaby; gareth gaz gary; gary gaz garry gazza
gemma gem jemma gems; geoffrey geoff jeff jeffrey; george georgie gheorghe gigi
georgina georgie gina george georgia georgiana; gerald gerry jerry; geraldine gerry geri
gillian gill jill jilly gilly jillian; gladys glad; grace gracie; graham graeme grahame; gregory greg grzegorz
gurpreet guri; gwendoline gwen wendy; hannah hanna han anna; harold harry hal; harpreet harpy preeti
harriet hattie harry hatty harriett; hayley haylee haley hayleigh; heather hev; helen nell ellen helena ellie elena
henry harry hank hal; hussain hussein husain hussan; ian iain; imran emran; ioana joanna oana; ion john ionut ionel jon
isabel isabella izzy bella isabelle isobel izzie belle ishbel; jacqueline jackie jacqui jacky jaqueline jacki jacquelyn
jade jayde jaide; jakub jacob kuba; james jim jimmy jamie jem jimmie; jane janie jayne jan janey; janet jan
janice jan janis; jasmine jas jaz jasmin yasmin jazz; jaspreet jas jassi; jennifer jen jenny jenni jenna jenn jenifer
jessica jess jessie jessy; joan joanie; joanne jo joanna joann jo-anne joey asia; jodie jody jodi
john jack johnny jon johnnie sean ion; jonathan jon john jonny johnny jonathon; joseph joe joey jo josef
josephine jo josie fina; joshua josh; joyce joy; judith judy jude; julia jules julie juliana; julie jules julia jools
justine justyna jus; karen kaz karin karyn; katarzyna kasia kate katya; kathleen kath kathy kay cathleen kate katie
kayleigh kaylee kayley kay kaylie; keira kiera kyra ciara; kelly kel kells kelley kellie; kenneth ken kenny
kerry kez kerri kerrie; kevin kev; khadija khadijah khadeeja; kimberley kim kimmy kimberly kimberleigh kimmie
kirsty kirsten kirstie kirst kersty; krzysztof krzys chris; latoya toya; laura laurie lora lauren; lauren loz laura lauryn
lawrence larry laurie laurence; leanne lee lea leeanne leann; leonard len lenny leo; leslie les lesley
lewis lou louis louie; lillian lily lil lillie; linda lin lindy lynda; lindsey linz lindsay lynsey linsey
lisa leesa liza elizabeth; loredana lori; lorraine lorri lori loraine; louise lou lulu louisa louie
lucy lucie lou luce lucia; lukasz luke lucas; lydia lyd; lynn lyn lynne lynette; magdalena magda madeleine lena
malgorzata gosia margaret gosha; manpreet mani manni; marcin martin
margaret maggie peggy meg megan marge margie madge rita mags greta margie daisy mairead margareta
maria marie mary mia marija mariah; marian marion; marie maria mary mari; martin marty
mary molly polly may maria marie mae mamie maire; maryam mariam miriam maria; matthew matt matty mateusz matthias
maureen mo maura; maxine max maxie; megan meg meghan meggie; melanie mel; melissa mel lissa missy; mercy merci
michael mike mick mickey mikey mick michal mihai micky; michaela mica mikaela mihaela
michelle shell shelley chelle mich michele shelly; mildred millie milly
mohammed muhammad mohamed mohammad mohamad muhammed mo md mohd mahomed; mollie molly; monika monica moni; morag moragh
nadia nadya; naomi nomi; natalie nat natalia nataly natasha tash nathalie; natasha tash nat tasha; nathan nat nate nathaniel
nicholas nick nicky nico nicolas; nicola nicky nikki nic nicki nickie nichola nicole nico; nicole nikki nicky nic
nicoleta nico; nigel nige; noreen nora noor; norman norm; oliver ollie; oluwaseun seun; olivia liv livvy livia
padraig patrick paddy; pamela pam pammy; parveen parvin perveen; patience pat
patricia pat trish tricia patsy patty trisha tish; patrick paddy pat padraig; paul pawel; paula paulina pauline
pauline paula polly; penelope penny; peter pete piotr petru; philip phil pip phillip; philippa pippa phil pip; phyllis phyl
priyanka priya; rachel rach rachael rachelle ray; rafal ralph raphael; raymond ray
rebecca becky becca becs bex rebekah becki beck; reginald reg reggie; rhiannon rhi ree
richard rick dick ricky rich dickie richie; robert rob bob bobby robbie bert robby; robin rob; robyn rob robin; roger rog
ronald ron ronnie; rosemary rose rosie ros; rosalind ros roz rosie; rose rosie roza rosa; roisin rosheen; ruth ruthie
sally sal; samantha sam sammy sammie; samina sameena; samuel sam sammy; sandra sandy san
sarah sara sal sally sadie saz zara; shabana shabs; sharon shaz shazza shaza sharron; shannon shan shannan
shaun sean shawn shane; shazia shaz shazi; sheila shelagh sheelagh; siobhan shevaun shivaun chevonne shiv; simon si szymon
simran simi simranjit; sinead shinaid; sonia sonya; sophie soph sophia zofia; stacey stace stacy stacie
stefan stephen steve stefania; stephanie steph stevie stefanie steff stefania; stephen steve steven stevie ste stefan
stuart stu stewart; susan sue susie suzy suzanne susie suze; suzanne sue suzie suzy susan; sylvia syl sylvie sylwia
tamsin tam tamzin tammy; tamara tammy; tanya tania tan; tara tarah; terence terry tel
teresa terri tess theresa tessa terry therese; thomas tom tommy thom tomasz tomek; tiffany tiff tiffanie; timothy tim timmy
tracey trace tracy tracie; trevor trev; valerie val; vanessa nessa ness; veronica ronnie vron weronika vera; victor vic
victoria vicky tori vicki vikki vic tory vickie; violet vi violeta; virginia ginny ginger; vincent vince vinny
walter wally walt; warren waz; weronika nika; william will bill billy willie liam wills; winifred winnie freda win
yasmin yasmine jasmine; yvonne eve vonnie evonne; zachary zac zach zak; zainab zaynab zeinab; zoe zoey zowie
zofia zosia sophie
""".strip()

MOST: Final = 4


def _read() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    forms = {line.split()[0]: tuple(line.split()[1:]) for line in _TABLE.replace("\n", ";").split(";")}
    stands: defaultdict[str, list[str]] = defaultdict(list)
    for full, short in forms.items():
        stands[full].append(full)
        for form in short:
            stands[form].append(full)
    # A full name comes first where it is one; the rest in the order of the table.
    ordered = {
        form: tuple(dict.fromkeys(sorted(fulls, key=lambda full: full != form)))[:MOST] for form, fulls in stands.items()
    }
    return forms, ordered


FORMS, _STANDS_FOR = _read()


def full_names(form: str) -> tuple[str, ...]:
    """The names that a form may stand for, at most four; an unknown form stands for itself."""
    return _STANDS_FOR.get(form, (form,))

"""Names as they are met in a British town, by where families came from: common knowledge, not anybody's list.

Within a group the first names are the commonest; the chance of the n-th falls as 1/n (Zipf). Surnames have a long tail of
rare ones, put together from parts. Leaves out: what happens to a name on paper (``slips``).
"""

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final


@dataclass(frozen=True)
class Group:
    """Forenames of women and of men, surnames, and how much of the town they are."""

    share: float
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    tail: float = 0.0
    """The share whose surname is one of the rare ones."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GROUPS: Final = {
    "british": Group(
        0.66,
        _names(
            "Sarah Emma Claire Lisa Nicola Michelle Kelly Rebecca Samantha Victoria Laura Louise Joanne Amanda Karen Donna "
            "Rachel Stacey Gemma Leanne Kerry Natalie Jennifer Julie Tracey Angela Susan Hannah Charlotte Katie Catherine "
            "Elizabeth Jessica Amy Danielle Kirsty Hayley Lauren Zoe Debbie Deborah Jane Sharon Paula Dawn Alison Melissa "
            "Vanessa Jade Chloe Sophie Lucy Holly Stephanie Vicky Katherine Kimberley Abigail Bethany Carly Cheryl Christine "
            "Margaret Patricia Sandra Jacqueline Maxine Tina Tanya Toni Tara Robyn Naomi Heather Helen Anne Ann Marie Maria "
            "Annette Wendy Lorraine Lynn Lindsey Lesley Kim Frances Ellen Ella Georgina Georgia Gillian Beverley Bernadette "
            "Carol Caroline Charlene Chantelle Kayleigh Courtney Shannon Paige Demi Leah Megan Molly Rosie Rose Ruth Sally "
            "Sheila Shelley Sonia Teresa Tiffany Yvonne Yvette Alexandra Alice Andrea Becky Cassandra Eleanor Faye Harriet "
            "Isabel Jasmine Jodie Josephine Judith Kate Keeley Linda Lydia Mandy Martine Mary Miranda Nadine Olivia Pauline "
            "Philippa Rhiannon Sian Carys Morag Ailsa Eilidh Isla Catriona Fiona Kirsten Mhairi Tamsin Morwenna Demelza"
        ),
        _names(
            "David Paul Mark Andrew Lee Darren Craig Stephen James Michael Christopher Daniel Matthew Robert John Richard "
            "Wayne Gary Jason Anthony Simon Steven Thomas Adam Kevin Ryan Dean Carl Peter Ian Scott Stuart Martin William "
            "Jamie Luke Shaun Nathan Benjamin Joseph Jonathan Liam Ashley Karl Neil Philip Alan Graham Nicholas Sean Kieran "
            "Samuel Joshua Jack Aaron Alexander Edward George Charles Colin Keith Barry Kenneth Damian Dale Terence Raymond "
            "Ronald Roy Trevor Tony Derek Donald Douglas Duncan Gareth Geoffrey Glen Gordon Jordan Kyle Leon Marcus Maurice "
            "Nigel Norman Oliver Patrick Ross Russell Timothy Tyrone Vincent Warren Rhys Dylan Hamish Ewan Callum Angus"
        ),
        _names(
            "Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker "
            "White Edwards Hughes Green Hall Lewis Harris Clarke Jackson Wood Turner Martin Cooper Hill Ward Morris Moore "
            "Clark Lee King Baker Harrison Morgan Allen James Scott Phillips Watson Davis Parker Price Bennett Young Griffiths "
            "Mitchell Cook Carter Richardson Bailey Collins Bell Shaw Miller Cox Marshall Simpson Richards Anderson Adams "
            "Wilkinson Foster Ellis Chapman Mason Gray Rogers Webb Hunt Mills Holmes Palmer Matthews Gibson Fisher Barnes "
            "Knight Lloyd Harvey Butler Barker Stevens Jenkins Dixon Reynolds Fletcher Fox Pearson Graham Andrews Elliott "
            "Stewart Dawson West Ford Howard Walsh Grant Cole Day Saunders Lawrence Hart Francis Payne Armstrong Gardner "
            "Burton Spencer Hawkins Bradley Nicholls Booth Atkinson Stone Rose Black Hudson Kaur Burgess Lowe Page Pritchard "
            "Robertson Campbell MacDonald Reid Ross Murray Sutherland Fraser Hamilton Cunningham Buchanan Ferguson Penrose"
        ),
        tail=0.35,
    ),
    "irish": Group(
        0.09,
        _names(
            "Siobhan Aoife Niamh Sinead Ciara Orla Roisin Grainne Maeve Bridget Kathleen Eileen Nora Maureen Geraldine Caoimhe "
            "Mary Bernadette Deirdre Aisling Fionnuala Clodagh Saoirse Teresa Margaret Winifred Noreen"
        ),
        _names("Sean Patrick Kevin Declan Padraig Eoin Ciaran Brendan Liam Seamus Cormac Niall Conor Dermot Fergal Michael"),
        _names(
            "Murphy O'Brien Kelly Byrne Ryan O'Connor Walsh O'Sullivan Doyle McCarthy Gallagher Doherty Kennedy Lynch Murray "
            "Quinn Moore McLoughlin O'Carroll Connolly Daly O'Connell Wilson Dunne Brennan Burke Collins Clarke Johnston "
            "Hughes O'Farrell Fitzgerald Brown Martin Maguire Nolan Flynn Thompson O'Callaghan O'Neill Ward McDonagh Joyce "
            "Cash Maughan O'Reilly Keogh Delaney Connors Mongan Sweeney"
        ),
    ),
    "polish": Group(
        0.04,
        _names(
            "Anna Katarzyna Małgorzata Agnieszka Joanna Magdalena Monika Aleksandra Ewa Beata Dorota Justyna Karolina Paulina "
            "Natalia Zofia Kinga Sylwia Iwona Weronika"
        ),
        _names("Piotr Krzysztof Tomasz Paweł Marcin Michał Łukasz Jakub Grzegorz Mateusz Andrzej Adam Rafał Wojciech"),
        _names(
            "Nowak Kowalska Wiśniewska Wójcik Kowalczyk Kamińska Lewandowska Zielińska Szymańska Woźniak Dąbrowska Kozłowska "
            "Jankowska Mazur Wojciechowska Kwiatkowska Krawczyk Kaczmarek Piotrowska Grabowska Zając Pawłowska Michalska Król "
            "Wieczorek Jabłońska Wróbel Nowakowska Majewska Stępień"
        ),
    ),
    "romanian": Group(
        0.05,
        _names(
            "Maria Elena Ioana Andreea Alexandra Mihaela Cristina Daniela Alina Simona Georgiana Florentina Nicoleta Gabriela "
            "Ana Larisa Denisa Roxana Ionela Loredana Bianca Mădălina Ștefania Violeta"
        ),
        _names("Ion Andrei Alexandru Gheorghe Vasile Ștefan Mihai Florin Adrian Constantin Ionuț Marian Cristian Daniel"),
        _names(
            "Popa Popescu Ionescu Radu Dumitru Stan Stoica Gheorghe Matei Ciobanu Rusu Munteanu Constantin Marin Tudor Dobre "
            "Barbu Nistor Florea Dinu Lazăr Georgescu Stanciu Oprea Vasile Mocanu Dragomir Neagu Ursu Țurcanu"
        ),
    ),
    "south_asian": Group(
        0.09,
        _names(
            "Fatima Aisha Ayesha Khadija Zainab Maryam Sana Nadia Shazia Rukhsana Nasreen Samina Saima Noreen Shabana Parveen "
            "Priya Anjali Neha Pooja Simran Harpreet Manpreet Jaspreet Kiran Meena Sunita Rekha Farzana Tahira"
        ),
        _names("Mohammed Ahmed Ali Imran Asif Tariq Usman Hamza Bilal Raj Sanjay Amit Harjit Gurpreet Sukhdeep Vikram Abdul"),
        _names(
            "Khan Begum Patel Ahmed Hussain Singh Kaur Ali Bibi Shah Akhtar Miah Mahmood Iqbal Malik Sharma Rahman Chowdhury "
            "Mirza Chaudhry Butt Qureshi Sheikh Aslam Rashid Gill Sandhu Dhillon Desai Mistry Uddin Islam Hassan Raza"
        ),
    ),
    "african_caribbean": Group(
        0.07,
        _names(
            "Grace Blessing Mercy Esther Comfort Faith Patience Amina Fatou Oluwaseun Ngozi Chidinma Adaeze Abena Akua "
            "Ama Yaa Efua Shanice Latoya Tanisha Keisha Marcia Winsome Precious Hope Joy Zainab Hawa Mariama Hodan Fadumo"
        ),
        _names("Emmanuel Samuel Kwame Kofi Chinedu Emeka Olu Tunde Ibrahim Abdi Mohamed Yusuf Winston Delroy Leroy Errol"),
        _names(
            "Okafor Adeyemi Mensah Owusu Boateng Okoye Eze Nwosu Balogun Adebayo Asante Osei Appiah Diallo Bah Jallow Mohamed "
            "Abdi Hassan Ali Campbell Brown Williams Francis Joseph Gordon Clarke Bailey Okonkwo Ogunleye Afolabi Kamara Sesay"
        ),
    ),
}
STREET_NAMES: Final = _names(
    "Angel Candy Red Blondie Shorty Roxy Star Crystal Diamond Lady Duchess Tiny Spice Ginger Sparkle Jinx Foxy Misty Honey "
    "Peaches Cherry Scouse Geordie Brum Jock Taff Paddy Smiley Bambi Kitty Ruby Amber Jade Coco Lola Mimi Gypsy Tiger Chelle"
)
_PLACES: Final = _names(
    "Ash Birk Cald Dun Elm Fern Gors Ings Kirk Lang Mars North Oak Pen Quern Rush Stan Thorn Wal Whit Red Hol"
)
_ENDINGS: Final = _names(
    "acre beck dale ey field gill ham ing ley mere ness over pool rigg ton well wick worth wood shaw by croft ford"
)


def zipf(count: int, slope: float = 1.0) -> list[float]:
    """Running totals of chances that fall with rank."""
    return list(accumulate(1 / (place + 3) ** slope for place in range(count)))


_RUNNING: Final = {n: zipf(n) for n in range(1, 400)}
_SHARES: Final = list(accumulate(group.share for group in GROUPS.values()))


def pick(chance: Random, names: tuple[str, ...]) -> str:
    """One of the names, the first most often."""
    return chance.choices(names, cum_weights=_RUNNING[len(names)])[0]


def group_of(chance: Random) -> Group:
    """Where a family came from."""
    return chance.choices(list(GROUPS.values()), cum_weights=_SHARES)[0]


def surname(chance: Random, group: Group) -> str:
    """A surname of the group, or a rare one."""
    if chance.random() < group.tail:
        tail = chance.choice(("", "", "", "s", "er", "son", "man"))
        return f"{chance.choice(_PLACES)}{chance.choice(_ENDINGS)}{tail}"
    return pick(chance, group.surnames)


def forename(chance: Random, group: Group, sex: str) -> str:
    """A forename of the group."""
    return pick(chance, group.women if sex == "female" else group.men)

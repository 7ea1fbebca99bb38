# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Names and places from several parts of the world. Nobody in particular is meant."""

from typing import NamedTuple, Tuple


class Region(NamedTuple):
    """What the names, the streets and the telephone numbers of a region are made of."""

    female: Tuple[str, ...]
    male: Tuple[str, ...]
    family: Tuple[str, ...]
    streets: Tuple[str, ...]
    towns: Tuple[str, ...]
    calling_code: str


def _words(text: str) -> Tuple[str, ...]:
    return tuple(text.split())


REGIONS = (
    Region(  # West Africa
        _words("Aïssatou Fatou Mariama Adjoa Efua Ngozi Amaka Ramatou Awa Binta"),
        _words("Mamadou Kwame Kofi Chidi Emeka Ousmane Sékou Tunde Yaw Ibrahima"),
        _words("Diallo Ouédraogo Mensah Okafor Traoré Boateng Sarr Adeyemi Camara Owusu"),
        ("Rue du Marché", "Harbour Road", "Baobab Lane", "Avenue des Palmiers"),
        ("Thiès", "Kumasi", "Bobo-Dioulasso", "Ibadan"),
        "+221 77",
    ),
    Region(  # East Africa and the Horn
        _words("Wanjiru Achieng Hana Selam Amina Neema Zawadi Tigist Asha Mukamana"),
        _words("Kamau Otieno Dawit Yonas Juma Baraka Abdi Tesfaye Mugisha Hassan"),
        _words("Mwangi Odhiambo Bekele Haile Nyerembe Kato Farah Uwase Njoroge Tadesse"),
        ("Station Road", "Lakeside Road", "Acacia Street", "Old Market Street"),
        ("Kisumu", "Adama", "Mwanza", "Huye"),
        "+254 71",
    ),
    Region(  # North Africa and Western Asia
        _words("Leïla Yasmine Nour Salma Huda Rania Zeynep Maryam Samira Dalia"),
        _words("Karim Youssef Omar Tariq Rachid Mehmet Bilal Hicham Samir Anwar"),
        _words("Benali Haddad El-Amrani Khoury Yıldız Mansour Bouzid Saleh Aydın Qasim"),  # noqa: RUF001
        ("Rue des Oliviers", "Palm Street", "Fountain Street", "Citadel Road"),
        ("Fès", "Sfax", "Irbid", "Gaziantep"),
        "+212 66",
    ),
    Region(  # South Asia
        _words("Priya Anjali Sunita Lakshmi Nasreen Shirin Dilani Maya Kavita Rukhsana"),
        _words("Arjun Ravi Imran Suresh Nuwan Bishal Rahim Vikram Farid Prakash"),
        _words("Sharma Patel Chowdhury Perera Gurung Khan Iyer Begum Reddy Thapa"),
        ("Temple Road", "Mango Lane", "Gandhi Nagar", "River View Road"),
        ("Mysuru", "Khulna", "Kandy", "Pokhara"),
        "+91 98",
    ),
    Region(  # Southeast Asia
        _words("Maricel Siti Dewi Linh Thảo Rosario Malee Chanthou Nurul Corazon"),
        _words("Jomar Budi Agus Minh Tuấn Rizal Somchai Sophea Ahmad Danilo"),
        _words("Santos Wijaya Nguyễn Phạm Dela-Cruz Suharto Chaiyasit Sok Rahman Bautista"),
        ("Rizal Avenue", "Jalan Melati", "Hoa Sen Street", "Bamboo Lane"),
        ("Iloilo", "Bandung", "Huế", "Battambang"),
        "+63 91",
    ),
    Region(  # East and Central Asia
        _words("Mei Haruka Ji-woo Oyuna Aigerim Lan Sakura Gulnara Xiulan Soo-ah"),
        _words("Wei Kenji Min-jun Bat-Erdene Nurlan Jian Daichi Timur Hao Tae-yang"),
        _words("Chen Tanaka Park Ganbold Abdrakhmanov Liu Yamamoto Kim Zhao Sultanov"),
        ("Lotus Street", "Garden Road", "Poplar Avenue", "Stone Bridge Street"),
        ("Taichung", "Erdenet", "Shymkent", "Matsue"),
        "+976 88",
    ),
    Region(  # Latin America and the Caribbean
        _words("María Ximena Guadalupe Camila Nayeli Marisol Bruna Yolanda Luz Ketsia"),
        _words("José Mateo Ignacio Wilmer Tadeu Joaquín Edson Ramiro Jean-Robert Álvaro"),
        _words("Quispe Hernández Mamani Silva Ñahui Rojas Oliveira Cóndor Pierre Gutiérrez"),
        ("Calle Real", "Avenida del Sol", "Jirón Los Andes", "Rua das Flores"),
        ("Cusco", "Oaxaca", "Feira de Santana", "Cap-Haïtien"),
        "+51 98",
    ),
    Region(  # Europe and the Pacific
        _words("Zofia Elena Ingrid Siobhán Teuila Mere Chloé Katarína Ana Sefina"),
        _words("Łukasz Andrei Søren Cormac Sione Tevita Étienne Jakub Luka Mataio"),
        _words("Wójcik Popescu Lindqvist O'Brien Tuilagi Fifita Lefèvre Novák Horvat Leota"),
        ("Mill Lane", "Rue de l'Église", "Beach Road", "Lipová Street"),
        ("Tarnów", "Brașov", "Nadi", "Košice"),
        "+48 60",
    ),
)
